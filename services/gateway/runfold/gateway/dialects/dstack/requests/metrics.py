"""Which of a job's samples a client wants."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Ge

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical


class JobMetricsQuery(Canonical):
    run_id: UUID | None = None
    replica_num: int = 0
    job_num: int = 0
    limit: Annotated[int, Ge(0)] = 1
    after: datetime | None = None
    before: datetime | None = None
