"""A machine for tests and the simulation."""

import asyncio
from collections.abc import Callable

from runfold.contracts.values import Quantities
from runfold.executor.host import HostFacts, IdentityTaken

_DEFAULT = Quantities(cpu=4_000, memory=8 * 1024**3, disk=100 * 1024**3)


class MemoryHost:
    """`crash` takes identities from a dead executor, as the kernel would."""

    def __init__(self, capacity: Quantities = _DEFAULT) -> None:
        self.capacity = capacity
        self._taken: list[str] = []
        self._beat = 0

    def facts(self) -> HostFacts:
        return HostFacts(self.capacity, "x86")

    def uptime(self) -> int:
        return int(asyncio.get_running_loop().time() * 1_000_000)

    def heartbeat(self) -> int:
        return self._beat

    def beat(self, uptime: int) -> None:
        self._beat = uptime

    def take_identity(self, host_id: str) -> Callable[[], None]:
        if host_id in self._taken:
            raise IdentityTaken(f"an executor of host {host_id} runs already")
        self._taken.append(host_id)
        return lambda: self._taken.remove(host_id)

    def crash(self) -> None:
        self._taken.clear()
