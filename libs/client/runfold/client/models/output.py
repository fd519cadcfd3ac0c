"""What jobs print and use."""

from base64 import b64decode
from datetime import datetime

from runfold.client.models.base import Model


class LogEvent(Model, frozen=True):
    """A piece of output as it came: not always a line."""

    timestamp: datetime
    message: str  #: base64
    log_source: str = "stdout"

    @property
    def data(self) -> bytes:
        return b64decode(self.message)


class LogPage(Model, frozen=True):
    """`next_token` is null at the end of what there is."""

    logs: tuple[LogEvent, ...]
    next_token: str | None = None
    external_url: str | None = None


class OutputLength(Model, frozen=True):
    """Bytes printed so far; nothing follows what is `over`."""

    bytes: int
    over: bool


class Metric(Model, frozen=True):
    """Newest first."""

    name: str
    timestamps: list[datetime]
    values: list[float]


class JobMetrics(Model, frozen=True):
    metrics: tuple[Metric, ...]

    def latest(self, name: str) -> float | None:
        found = next((metric for metric in self.metrics if metric.name == name), None)
        return found.values[0] if found and found.values else None
