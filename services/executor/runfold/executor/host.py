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
    address: str | None = None  #: by which other machines reach this one, as far as it can tell


class IdentityTaken(Exception):
    """Another executor of this identity runs on this machine."""


class Host(Protocol):
    def facts(self) -> HostFacts: ...

    def uptime(self) -> int:
        """Microseconds since this machine booted; those count in which it slept."""

    def heartbeat(self) -> int:
        """The uptime of the last `beat`, by any executor since this boot; 0 where there was none."""

    def beat(self, uptime: int) -> None:
        """Kept for whoever outlives this executor. Where it can't be kept, what hangs on it stops too early."""

    def take_identity(self, host_id: str) -> Callable[[], None]:
        """Holds it, whatever happens to this process, until what it returns is called; raises IdentityTaken."""
