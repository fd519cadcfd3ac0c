"""A job: one container or process of a run, and its attempts."""

from pydantic.dataclasses import dataclass

from runfold.contracts.values import JobSpec, Micros, Natural, PullProgress, Quantities


@dataclass(frozen=True, slots=True)
class JobSubmitted:
    """Waits to be placed, as its first attempt."""

    job_id: str
    run_id: str
    attempt_id: str
    spec: JobSpec
    job_num: int = 0
    replica_num: int = 0
    due: Micros | None = None  #: waits for its schedule until then
    like: str | None = None  #: id of the job of this run that it is the same as, all but the name in `spec`


@dataclass(frozen=True, slots=True)
class JobPlaced:
    """The assignment: this attempt belongs to this instance for ever."""

    job_id: str
    run_id: str
    attempt_id: str
    instance_id: str
    host_id: str
    reserved: Quantities
    stop_after: Natural | None = (
        None  #: seconds without word of its host, after which it is stopped there and lost
    )


@dataclass(frozen=True, slots=True)
class AttemptClaimed:
    """The executor has the attempt in its journal."""

    job_id: str
    attempt_id: str
    claimed_at: Micros


@dataclass(frozen=True, slots=True)
class AttemptPulling:
    """Its image is pulled: said at the beginning, and with each tenth more of what there is to download."""

    job_id: str
    attempt_id: str
    image: str
    progress: PullProgress | None = None


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    job_id: str
    attempt_id: str
    started_at: Micros
    ports: dict[int, int]  #: container port -> host port


@dataclass(frozen=True, slots=True)
class AttemptRefused:
    """The executor can't take it (too full, no runtime for it); it never started."""

    job_id: str
    attempt_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class AttemptExited:
    """It ended, or failed to start; its capacity is free."""

    job_id: str
    attempt_id: str
    reason: str  #: as dstack's JobTerminationReason
    exited_at: Micros
    exit_status: int | None = None
    message: str | None = None
    output_bytes: Natural = 0  #: bytes of output it announced
    oom_killed: bool = False


@dataclass(frozen=True, slots=True)
class AttemptLost:
    """Nobody can tell whether it ran; it is never run again."""

    job_id: str
    attempt_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class OutputClosed:
    """The announced output is stored, or no more of it came in time."""

    job_id: str
    attempt_id: str
    stored_bytes: Natural
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class JobStopping:
    """It is being stopped: TERM now, KILL after the grace."""

    job_id: str
    attempt_id: str
    reason: str
    grace: Natural | None = None  #: seconds; 0 kills at once, None waits without end
    message: str | None = None


@dataclass(frozen=True, slots=True)
class JobRetryScheduled:
    """The attempt failed and another follows at `due`."""

    job_id: str
    run_id: str
    attempt_id: str
    reason: str
    due: Micros
    message: str | None = None
    anew: bool = False  #: whatever it came to, its schedule begins it anew: that is no retry


@dataclass(frozen=True, slots=True)
class JobResubmitted:
    """Waits to be placed again, as a new attempt, or for the first time, where that was to wait."""

    job_id: str
    run_id: str
    attempt_id: str
    excluded_instance: str | None = None  #: left out for a back-off, because it refused the last attempt
    excluded_until: Micros = 0


@dataclass(frozen=True, slots=True)
class JobFinished:
    """The last word on a job."""

    job_id: str
    run_id: str
    attempt_id: str
    status: str  #: done, failed, terminated or aborted
    reason: str
    exit_status: int | None = None
    message: str | None = None
    output_incomplete: bool = False


JobEvent = (
    JobSubmitted
    | JobPlaced
    | AttemptClaimed
    | AttemptPulling
    | AttemptStarted
    | AttemptRefused
    | AttemptExited
    | AttemptLost
    | OutputClosed
    | JobStopping
    | JobRetryScheduled
    | JobResubmitted
    | JobFinished
)
