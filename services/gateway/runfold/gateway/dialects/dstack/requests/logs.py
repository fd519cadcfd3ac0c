"""Which of a job's output a client wants."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Interval

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical


class PollLogsRequest(Canonical):
    run_name: str
    job_submission_id: UUID
    start_time: datetime | None = None
    end_time: datetime | None = None
    descending: bool = False
    next_token: str | None = None
    limit: Annotated[int, Interval(ge=0, le=1000)] = 100
    diagnose: bool = False
