"""What executors and the log service say to each other over the broker.

What an executor is told carries the position it was derived at (PROTOCOL, Work 2).
Facts are cumulative: the whole condition of an attempt, so loss, order and repetition don't matter.
"""

from dataclasses import field
from enum import StrEnum

from pydantic.dataclasses import dataclass

from runfold.contracts.values import JobSpec, Micros, Natural, PullProgress, Quantities


class AttemptState(StrEnum):
    CLAIMED = "claimed"
    PULLING = "pulling"
    RUNNING = "running"
    EXITED = "exited"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class StopOrder:
    attempt_id: str
    grace: Natural | None = None  #: seconds; 0 kills at once, None waits without end


@dataclass(frozen=True, slots=True)
class Parcel:
    """Where an archive is fetched: at a gateway, by a ticket that is good for a day."""

    archive_id: str
    url: str
    fingerprint: str | None = (
        None  #: SHA-256 of the certificate there, in hex; None asks the usual authorities
    )


@dataclass(frozen=True, slots=True)
class Assignment:
    """All an executor needs to run an attempt; secret values are in the clear here and nowhere else."""

    attempt_id: str
    job_id: str
    run_id: str
    run_name: str
    project: str
    spec: JobSpec
    env: dict[str, str] = field(default_factory=dict)  #: the job's own, secrets filled in, and DSTACK_*
    registry_password: str | None = None
    parcels: tuple[Parcel, ...] = ()  #: the archives that the job's files and changes lie in
    repo_private_key: str | None = None
    repo_oauth_token: str | None = None
    traceparent: str | None = None
    stop: StopOrder | None = None
    withheld: str | None = None  #: why there are no values: who has claimed it goes on, else it never begins
    postponed: bool = False  #: it can't be made at the moment: who has claimed it goes on, else it waits
    stop_after: Natural | None = (
        None  #: seconds since the last answered inventory was sent; then it is stopped
    )
    stop_after_grace: Natural = 0  #: seconds between that stop and the kill


@dataclass(frozen=True, slots=True)
class AttemptCondition:
    """Everything the executor knows of one attempt."""

    attempt_id: str
    job_id: str
    state: AttemptState
    claimed_at: Micros = 0
    started_at: Micros | None = None
    exited_at: Micros | None = None
    exit_status: int | None = None
    reason: str | None = None
    message: str | None = None
    image: str | None = None  #: set while and after it is pulled
    progress: PullProgress | None = None  #: of that pull
    output_bytes: Natural = 0  #: whole once exited
    oom_killed: bool = False
    ports: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExecutorAnnounced:
    """Executor -> log service, at each connection and when a fact changes."""

    host_id: str
    name: str
    incarnation: str
    capacity: Quantities
    runtimes: tuple[str, ...]
    fleet: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    arch: str = "x86"
    version: str = ""
    address: str | None = None  #: under which jobs on other hosts reach what runs here


@dataclass(frozen=True, slots=True)
class AttemptsReported:
    """Executor -> log service: the conditions of these attempts changed. Of two facts of one incarnation the one with
    the higher number says all that the other does."""

    host_id: str
    incarnation: str
    seq: int
    conditions: tuple[AttemptCondition, ...]


@dataclass(frozen=True, slots=True)
class InventoryReported:
    """Executor -> log service, at connection and every 30 s: all it has, answered by InventoryAnswered.

    It is the heartbeat too: an executor counts from when it sent the last one that was answered.
    """

    host_id: str
    incarnation: str
    seq: int
    position: int  #: the highest position an inventory answer had
    conditions: tuple[AttemptCondition, ...]


Fact = ExecutorAnnounced | AttemptsReported | InventoryReported


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment at the position of its placement: an answer from there on that doesn't list it makes it void."""

    position: int
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class AttemptsAssigned:
    """Log service -> executor: start these, each once. Each has its own position, since none may outlive its answer."""

    assigned: tuple[Assigned, ...]


@dataclass(frozen=True, slots=True)
class AttemptsStopped:
    """Log service -> executor: stop these."""

    position: int
    stops: tuple[StopOrder, ...]


@dataclass(frozen=True, slots=True)
class AttemptsForgotten:
    """Log service -> executor: the final events of these are committed; drop them."""

    position: int
    attempt_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InventoryAnswered:
    """Log service -> executor: all that is assigned to this host at `position`; what isn't listed is void."""

    position: int
    seq: int  #: of the InventoryReported answered
    assignments: tuple[Assignment, ...]
    forget: tuple[str, ...] = ()
    incarnation: str = ""  #: of the executor that reported it; each numbers its own


@dataclass(frozen=True, slots=True)
class ConnectionRequested:
    """Log service -> executor: somebody wants to reach into a running attempt. What follows is said on a WebSocket that
    the executor opens (`runfold.contracts.connection`). One that comes late finds its ticket gone."""

    attempt_id: str
    url: str  #: of the gateway that waits, with a ticket that is good once
    fingerprint: str | None = (
        None  #: SHA-256 of the certificate there, in hex; None asks the usual authorities
    )


Work = AttemptsAssigned | AttemptsStopped | AttemptsForgotten | InventoryAnswered | ConnectionRequested


@dataclass(frozen=True, slots=True)
class OutputChunk:
    """Executor -> log service: output bytes of one attempt at an offset. Sent as a raw body, the rest as headers."""

    attempt_id: str
    offset: Natural
    time: Micros
    data: bytes
