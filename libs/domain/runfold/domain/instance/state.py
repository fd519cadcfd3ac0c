"""What is known of a host and of the instances over it.

Capacity is counted per host, however many fleets lie over it.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from runfold.contracts.values import Idle, Micros, Quantities


class InstanceStatus(StrEnum):
    PENDING = "pending"
    PROVISIONING = "provisioning"
    IDLE = "idle"
    BUSY = "busy"
    TERMINATING = "terminating"
    TERMINATED = "terminated"


@dataclass(slots=True)
class Host:
    """One machine with an executor."""

    id: str
    name: str
    capacity: Quantities
    runtimes: tuple[str, ...]
    fleet: str | None
    labels: dict[str, str]
    arch: str
    joined_at: Micros
    address: str | None = None  #: under which jobs on other hosts reach what runs there
    used_cpu: int = 0
    used_memory: int = 0
    used_gpu: int = 0
    used_disk: int = 0
    instances: dict[str, "Instance"] = field(
        default_factory=dict
    )  #: by id; those over it that have not ended
    attempts: dict[str, str] = field(
        default_factory=dict
    )  #: attempt id -> job id, of those that hold capacity

    def fits(self, wanted: Quantities) -> bool:
        """Beside what is placed there now."""
        return (
            self.used_cpu + wanted.cpu <= self.capacity.cpu
            and self.used_memory + wanted.memory <= self.capacity.memory
            and self.used_gpu + wanted.gpu <= self.capacity.gpu
            and self.used_disk + wanted.disk <= self.capacity.disk
        )

    @property
    def silent(self) -> bool:
        return any(instance.silent for instance in self.instances.values())

    def take(self, attempt_id: str, job_id: str, amount: Quantities) -> None:
        """Once for each attempt, however often it is said."""
        if attempt_id not in self.attempts:
            self.attempts[attempt_id] = job_id
            self._add(amount, 1)

    def free(self, attempt_id: str, amount: Quantities) -> None:
        """Once for each attempt, however often it is said."""
        if self.attempts.pop(attempt_id, None) is not None:
            self._add(amount, -1)

    def _add(self, amount: Quantities, sign: int) -> None:
        self.used_cpu += sign * amount.cpu
        self.used_memory += sign * amount.memory
        self.used_gpu += sign * amount.gpu
        self.used_disk += sign * amount.disk


@dataclass(slots=True)
class Instance:
    """A fleet's share in a host (all of it, where the fleet is alone)."""

    id: str
    fleet_id: str
    project_id: str | None
    num: int
    name: str
    backend: str
    created_at: Micros
    changed_at: Micros
    job_id: str | None = None  #: for which job it was asked
    idle_for: Idle | None = None  #: None is as long as its fleet says
    host_id: str | None = None
    hostname: str | None = None
    capacity: Quantities | None = None
    region: str | None = None
    price_micros: int = 0
    blocks: int = 1
    provisioned_at: Micros | None = None
    idle_since: Micros | None = None
    ending: bool = False
    ended_at: Micros | None = None
    silent_at: Micros | None = None  #: since when it counts as silent
    reason: str | None = None
    message: str | None = None
    attempts: set[str] = field(default_factory=set)

    @property
    def usable(self) -> bool:
        return self.host_id is not None and not self.ending and self.ended_at is None

    @property
    def idle(self) -> bool:
        return self.usable and not self.attempts

    @property
    def silent(self) -> bool:
        """Nothing is placed there until its executor is heard again."""
        return self.silent_at is not None

    @property
    def status(self) -> InstanceStatus:
        if self.ended_at is not None:
            return InstanceStatus.TERMINATED
        if self.ending:
            return InstanceStatus.TERMINATING
        if self.host_id is None:
            return InstanceStatus.PENDING
        return InstanceStatus.BUSY if self.attempts else InstanceStatus.IDLE
