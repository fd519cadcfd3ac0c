"""A machine for tests and the simulation."""

from collections.abc import Callable

from runfold.contracts.values import Quantities
from runfold.executor.host import HostFacts, IdentityTaken

_DEFAULT = Quantities(cpu=4_000, memory=8 * 1024**3, disk=100 * 1024**3)


class MemoryHost:
    """`crash` takes identities from a dead executor, as the kernel would."""

    def __init__(self, capacity: Quantities = _DEFAULT) -> None:
        self.capacity = capacity
        self._taken: list[str] = []

    def facts(self) -> HostFacts:
        return HostFacts(self.capacity, "x86")

    def take_identity(self, host_id: str) -> Callable[[], None]:
        if host_id in self._taken:
            raise IdentityTaken(f"an executor of host {host_id} runs already")
        self._taken.append(host_id)
        return lambda: self._taken.remove(host_id)

    def crash(self) -> None:
        self._taken.clear()
