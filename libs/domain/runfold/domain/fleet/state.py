"""What is known of a fleet; its instances are states of their own."""

from dataclasses import dataclass, field

from runfold.contracts.fleet import FleetSpec
from runfold.contracts.values import Micros
from runfold.domain.instance.state import Instance


@dataclass(slots=True)
class Fleet:
    id: str
    name: str
    spec: FleetSpec
    created_at: Micros
    project_id: str | None = None  #: None is the cell's
    user_id: str | None = None
    request: str | None = None
    deleting: bool = False
    deleted: bool = False
    instances: list[Instance] = field(default_factory=list)  #: those that have not ended
    nums: int = 0  #: instance numbers given so far

    def usable_by(self, project_id: str) -> bool:
        return not self.deleting and not self.deleted and self.project_id in (None, project_id)

    @property
    def can_grow(self) -> bool:
        alive = len(self.instances)
        return not self.deleting and (self.spec.nodes_max is None or alive < self.spec.nodes_max)

    @property
    def wanted(self) -> int:
        """How many there are to be without any demand: its target at first, its minimum once one has ended."""
        none_ended = self.nums == len(self.instances)
        return max(self.spec.nodes_min, self.spec.nodes_target) if none_ended else self.spec.nodes_min
