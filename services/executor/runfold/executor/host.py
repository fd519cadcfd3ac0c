"""What the executor asks of the machine it is on, as a port."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from runfold.contracts.values import Quantities


@dataclass(frozen=True, slots=True)
class HostFacts:
    """The whole of what jobs may have of this machine; `arch` as dstack's: x86 or arm."""

    capacity: Quantities
    arch: str


class IdentityTaken(Exception):
    """Another executor of this identity runs on this machine."""


class Host(Protocol):
    def facts(self) -> HostFacts: ...

    def take_identity(self, host_id: str) -> Callable[[], None]:
        """Holds it, whatever happens to this process, until what it returns is called; raises IdentityTaken."""
