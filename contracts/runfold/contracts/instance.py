"""Instances, and the hosts that executors announce."""

from dataclasses import field

from pydantic.dataclasses import dataclass

from runfold.contracts.values import Idle, Natural, Quantities


@dataclass(frozen=True, slots=True)
class ExecutorJoined:
    """An executor announced its host, or that its facts changed. `host_id` is kept on the host's disk."""

    host_id: str
    name: str
    capacity: Quantities
    runtimes: tuple[str, ...]  #: of docker, process
    fleet: str | None = None  #: the cell fleet it joins
    labels: dict[str, str] = field(default_factory=dict)
    arch: str = "x86"
    version: str = ""
    address: str | None = None  #: under which jobs on other hosts reach what runs here


@dataclass(frozen=True, slots=True)
class InstanceRequested:
    """The intent; the backend tags what it makes with this id."""

    instance_id: str
    fleet_id: str
    num: int
    name: str
    backend: str
    project_id: str | None = None
    job_id: str | None = None  #: for which job, where demand asked for it
    idle: Idle | None = None  #: None is as long as its fleet says


@dataclass(frozen=True, slots=True)
class InstanceProvisioned:
    instance_id: str
    fleet_id: str
    host_id: str
    hostname: str
    capacity: Quantities
    region: str
    price_micros: Natural = 0  #: millionths of a dollar an hour
    blocks: Natural = 1  #: into how many it is cut; 1 is not at all


@dataclass(frozen=True, slots=True)
class InstanceEnding:
    """Nothing more is placed there; it ends once it is empty."""

    instance_id: str
    reason: str  #: as dstack's InstanceTerminationReason
    message: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceEnded:
    instance_id: str
    reason: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class InstanceSilent:
    """Nothing was heard of its executor for `seconds`. What runs there runs on; nothing more is placed there."""

    instance_id: str
    seconds: Natural


@dataclass(frozen=True, slots=True)
class InstanceReturned:
    """Its executor was heard again."""

    instance_id: str


InstanceEvent = (
    ExecutorJoined
    | InstanceRequested
    | InstanceProvisioned
    | InstanceEnding
    | InstanceEnded
    | InstanceSilent
    | InstanceReturned
)
