"""What is known of a job: its specification and every attempt at it."""

from enum import StrEnum

import msgspec

from runfold.contracts.values import JobSpec, Micros, PullProgress, Quantities


class JobStatus(StrEnum):
    SUBMITTED = "submitted"
    PROVISIONING = "provisioning"
    PULLING = "pulling"
    RUNNING = "running"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    ABORTED = "aborted"
    FAILED = "failed"
    DONE = "done"

    #: An enumeration's own hash is a Python function, and every lookup by status would call it.
    __hash__ = str.__hash__

    @property
    def final(self) -> bool:
        return self in _FINAL


_FINAL = {JobStatus.TERMINATED, JobStatus.ABORTED, JobStatus.FAILED, JobStatus.DONE}

NOTHING = Quantities()


class Stop(msgspec.Struct, gc=False):
    """An order to stop, and since when it stands."""

    reason: str
    since: Micros
    grace: int | None
    message: str | None = None


class Attempt(msgspec.Struct, gc=False):
    """One try at running a job (a submission, in dstack's words). It belongs to one instance for ever."""

    id: str
    num: int
    submitted_at: Micros
    changed_at: Micros
    status: JobStatus = JobStatus.SUBMITTED
    instance_id: str | None = None
    host_id: str | None = None
    reserved: Quantities = NOTHING
    placed_at: Micros | None = None
    stop_after: int | None = None  #: seconds without word of its host, after which that stops it
    claimed_at: Micros | None = None
    started_at: Micros | None = None  #: by the executor's clock, as exited_at
    running_since: Micros | None = None  #: by the log's clock: deadlines count from here
    pull: PullProgress | None = None  #: how far its image was at the last tenth
    exited_at: Micros | None = None
    finished_at: Micros | None = None
    ended: bool = False  #: refused, exited or lost: holds no capacity any more
    refused: bool = False
    lost: bool = False  #: nobody announces how much it printed
    exit_status: int | None = None
    reason: str | None = None
    message: str | None = None
    oom_killed: bool = False
    ports: dict[int, int] = {}
    output_bytes: int = 0
    output_closed: bool = False
    output_incomplete: bool = False


class Job(msgspec.Struct, gc=False):
    """One container or process of a run."""

    id: str
    run_id: str
    spec: JobSpec
    submitted_at: Micros
    job_num: int = 0
    replica_num: int = 0
    attempts: list[Attempt] = []
    stop: Stop | None = None
    retry_due: Micros | None = None
    finished_at: Micros | None = None
    excluded: dict[str, Micros] = {}  #: instance id -> left out until
    since: Micros | None = None  #: when its schedule began it last; retries count from there
    first: int = 0  #: number of the first attempt since
    past: int = 0  #: attempts of earlier times that are kept no more, but for refused ones

    @property
    def attempt(self) -> Attempt:
        """The latest one; a job has one from its first event."""
        return self.attempts[-1]

    @property
    def tries(self) -> int:
        """How many of its last attempts there were since its submission, or since its schedule began it last."""
        return self.attempts[-1].num - self.first + 1

    @property
    def status(self) -> JobStatus:
        return self.attempts[-1].status

    @property
    def waiting(self) -> bool:
        """Wants to be placed."""
        return self.finished_at is None and self.retry_due is None and self.attempts[-1].instance_id is None
