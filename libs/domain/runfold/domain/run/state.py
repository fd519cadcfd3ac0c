"""What is known of a run; its jobs are states of their own.

These are structs, which are made in a third of a dataclass's time, and which the garbage collector passes over: they
hold no circles, and there are very many.
"""

from enum import StrEnum

import msgspec

from runfold.contracts.values import Gang, Idle, Micros, Selection
from runfold.domain.job.state import Job, JobStatus


class RunStatus(StrEnum):
    PENDING = "pending"
    SUBMITTED = "submitted"
    PROVISIONING = "provisioning"
    RUNNING = "running"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    FAILED = "failed"
    DONE = "done"

    __hash__ = str.__hash__  #: as JobStatus


class StopRequest(msgspec.Struct, gc=False):
    at: Micros
    abort: bool
    user_id: str


class Run(msgspec.Struct, gc=False):
    id: str
    project_id: str
    user_id: str
    name: str
    dialect: str
    request: str
    submitted_at: Micros
    changed_at: Micros  #: of the run's own last event
    title: str | None = None
    priority: int = 0
    fleets: tuple[str, ...] | None = None
    selection: Selection | None = None
    gang: Gang | None = None
    schedule: tuple[str, ...] = ()
    jobs: list[Job] = []
    stop: StopRequest | None = None
    final: RunStatus | None = None
    reason: str | None = None
    message: str | None = None
    finished_at: Micros | None = None
    deleted: bool = False
    correlation_id: str = ""
    traceparent: str | None = None
    idle: Idle | None = None

    @property
    def status(self) -> RunStatus:
        """Final where it is finished, else what its jobs amount to (dstack spec, section 8)."""
        if self.final is not None:
            return self.final
        if self.stop is not None:
            return RunStatus.TERMINATING
        statuses = {job.status for job in self.jobs if job.retry_due is None}
        if any(job.retry_due is not None for job in self.jobs) and not statuses & _ACTIVE:
            return RunStatus.PENDING
        if JobStatus.RUNNING in statuses:
            return RunStatus.RUNNING
        if statuses & {JobStatus.PROVISIONING, JobStatus.PULLING}:
            return RunStatus.PROVISIONING
        if JobStatus.SUBMITTED in statuses:
            return RunStatus.SUBMITTED
        return RunStatus.TERMINATING

    @property
    def last_changed_at(self) -> Micros:
        """Of the run or any of its jobs."""
        return max(self.changed_at, *(job.attempt.changed_at for job in self.jobs), self.submitted_at)


class PastRun(msgspec.Struct, frozen=True, gc=False):
    """A finished run that has left memory and isn't deleted: all that is to be decided on needs no more of it."""

    id: str
    project_id: str
    name: str


_ACTIVE = {JobStatus.PROVISIONING, JobStatus.PULLING, JobStatus.RUNNING, JobStatus.SUBMITTED}
