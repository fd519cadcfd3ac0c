"""What jobs use of their hosts."""

from datetime import datetime

from runfold.gateway.dialects.dstack.models.shape import Shape


class Metric(Shape):
    name: str
    timestamps: list[datetime]
    values: list[int]


class JobMetrics(Shape):
    metrics: list[Metric]
