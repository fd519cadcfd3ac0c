"""A runtime that does nothing: what is left is what Runfold itself costs. And a host that everything fits on."""

import asyncio

from runfold.contracts.executor import Assignment
from runfold.contracts.values import Quantities
from runfold.executor.adapters.linux_host import LinuxHost
from runfold.executor.host import HostFacts
from runfold.executor.runtime import Ended, Interrupted, OnPull, Started, Usage
from runfold.service.system import SystemClock

#: A job whose script is this runs until it is stopped; every other one has ended when it starts.
WAIT = "wait"


class IdleRuntime:
    """`process` by name; prints nothing, and forgets what was removed."""

    name = "process"

    def __init__(self) -> None:
        self._now = SystemClock().now
        self._ended: dict[str, asyncio.Event] = {}

    async def probe(self) -> bool:
        return True

    def refusal(self, assignment: Assignment) -> str | None:
        return None

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        if assignment.attempt_id not in self._ended and not create:
            raise Interrupted("it runs in memory alone, and that is gone")
        over = self._ended.setdefault(assignment.attempt_id, asyncio.Event())
        if assignment.spec.command[-1:] != (WAIT,):
            over.set()
        return Started(self._now())

    async def ended(self, attempt_id: str) -> Ended:
        await self._ended[attempt_id].wait()
        return Ended(0, self._now(), 0)

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        if (over := self._ended.get(attempt_id)) is not None:
            await over.wait()
        return b""

    async def sample(self, attempt_id: str) -> Usage | None:
        return None

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        self._ended.setdefault(attempt_id, asyncio.Event()).set()

    async def remove(self, attempt_id: str) -> None:
        if (over := self._ended.pop(attempt_id, None)) is not None:
            over.set()

    async def close(self) -> None: ...


class VastHost(LinuxHost):
    """This machine, if it had room for a hundred thousand jobs that ask for nothing."""

    def facts(self) -> HostFacts:
        return HostFacts(Quantities(cpu=10_000_000, memory=2**44, disk=2**44), "x86")
