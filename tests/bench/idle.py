"""A runtime that does nothing: what is left is what Runfold itself costs. And a host that everything fits on."""

import asyncio

from runfold.contracts.connection import Execute
from runfold.contracts.executor import Assignment
from runfold.contracts.values import Quantities
from runfold.executor.adapters.linux_host import LinuxHost
from runfold.executor.host import HostFacts
from runfold.executor.runtime import Ended, Interrupted, OnPull, Session, Started, Unreachable, Usage
from runfold.service.system import SystemClock

#: A job whose script is this runs until it is stopped; every other one has ended when it starts.
WAIT = "wait"


class IdleRuntime:
    """`process` by name; prints nothing, and forgets what was removed."""

    name = "process"

    def __init__(self) -> None:
        self._now = SystemClock().now
        self._ended: dict[str, asyncio.Future[None]] = {}

    async def probe(self) -> bool:
        return True

    def refusal(self, assignment: Assignment) -> str | None:
        return None

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        if assignment.attempt_id not in self._ended and not create:
            raise Interrupted("it runs in memory alone, and that is gone")
        self._of(assignment.attempt_id)
        if assignment.spec.command[-1:] != (WAIT,):
            self._end(assignment.attempt_id)
        return Started(self._now())

    async def ended(self, attempt_id: str) -> Ended:
        await asyncio.shield(self._ended[attempt_id])
        return Ended(0, self._now(), 0)

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        if (over := self._ended.get(attempt_id)) is not None:
            await asyncio.shield(over)
        return b""

    async def sample(self, attempt_id: str) -> Usage | None:
        return None

    async def execute(self, attempt_id: str, wanted: Execute) -> Session:
        raise Unreachable("nothing runs here")

    async def dial(self, attempt_id: str, port: int) -> Session:
        raise Unreachable("nothing listens here")

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        self._end(attempt_id)

    async def remove(self, attempt_id: str) -> None:
        if attempt_id in self._ended:
            self._end(attempt_id)
            del self._ended[attempt_id]

    def _of(self, attempt_id: str) -> asyncio.Future[None]:
        if attempt_id not in self._ended:
            self._ended[attempt_id] = asyncio.get_running_loop().create_future()
        return self._ended[attempt_id]

    def _end(self, attempt_id: str) -> None:
        over = self._of(attempt_id)
        if not over.done():
            over.set_result(None)

    async def close(self) -> None: ...


class VastHost(LinuxHost):
    """This machine, if it had room for a hundred thousand jobs that ask for nothing."""

    def facts(self) -> HostFacts:
        return HostFacts(Quantities(cpu=10_000_000, memory=2**44, disk=2**44), "x86")
