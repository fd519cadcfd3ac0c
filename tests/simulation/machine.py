"""A host with its disk and what runs on it; executors come and go."""

import asyncio
from collections.abc import Callable

from runfold.contracts.connection import Execute
from runfold.contracts.executor import Assignment
from runfold.contracts.values import Quantities
from runfold.executor.adapters.memory_journal import MemoryJournal
from runfold.executor.host import HostFacts, IdentityTaken
from runfold.executor.journal import Entries
from runfold.executor.lease import Lease
from runfold.executor.runtime import Ended, OnPull, Session, Started, Usage
from runfold.executor.runtimes.memory import MemoryEngine, MemoryJob, MemoryRuntime
from tests.simulation.chance import Chance, SimClock
from tests.simulation.node import Node


class Machine:
    """What survives an executor: the journal, the processes, and who holds the host's identity."""

    def __init__(
        self,
        name: str,
        capacity: Quantities,
        clock: SimClock,
        chance: Chance,
        on_begin: Callable[["Machine", Assignment], None],
    ) -> None:
        self.name, self.capacity, self.clock, self.chance = name, capacity, clock, chance
        self.journal = MemoryJournal()
        self.engine = _Engine(self, on_begin)
        self.holder: Node | None = None
        self.refuses = 0.0  #: how likely it can't give what an attempt asks for
        self.off = False  #: nothing starts here
        self.slow = 0.0  #: seconds that the journal's disk takes at most
        self.heartbeat = 0  #: uptime of the last inventory that was answered

    def reboot(self) -> None:
        """Whoever ran here is gone with all it ran."""
        if self.holder is not None:
            self.holder.crash()
        self.engine.reboot()

    def uptime(self) -> int:
        return int(asyncio.get_running_loop().time() * 1_000_000)

    def live(self) -> dict[str, Assignment]:
        """What runs at the moment, by attempt id."""
        return {id_: self.engine.begun[id_] for id_, job in self.engine.jobs.items() if not job.over.is_set()}


class _Engine(MemoryEngine):
    """Tells of each process before it begins."""

    def __init__(self, machine: Machine, on_begin: Callable[[Machine, Assignment], None]) -> None:
        super().__init__(machine.clock.now)
        self._machine, self._on_begin = machine, on_begin
        self.begun: dict[str, Assignment] = {}
        self.past: dict[str, MemoryJob] = {}

    def begin(self, assignment: Assignment) -> MemoryJob:
        self._on_begin(self._machine, assignment)
        self.begun[assignment.attempt_id] = assignment
        job = self.past[assignment.attempt_id] = super().begin(assignment)
        self._supervise(assignment)
        return job

    def _supervise(self, assignment: Assignment) -> None:
        """As supervisors do: whether the executor lives is nothing to them."""
        if assignment.stop_after is None or assignment.attempt_id not in self._machine.live():
            return
        left = self._machine.heartbeat + assignment.stop_after * 1_000_000 - self._machine.uptime()
        if left > 0:
            asyncio.get_running_loop().call_later(left / 1_000_000, self._supervise, assignment)
        else:
            self.cut_off(assignment.attempt_id, assignment.stop_after_grace)


class SimHost:
    """The `Host` port of one executor."""

    def __init__(self, node: Node, machine: Machine) -> None:
        self._node, self._machine = node, machine

    def facts(self) -> HostFacts:
        return HostFacts(self._machine.capacity, "x86")

    def uptime(self) -> int:
        return self._machine.uptime()

    def heartbeat(self) -> int:
        return self._machine.heartbeat

    def beat(self, uptime: int) -> None:
        self._machine.heartbeat = uptime

    def take_identity(self, host_id: str) -> Callable[[], None]:
        holder = self._machine.holder
        if holder is not None and holder.alive and holder is not self._node:
            raise IdentityTaken(host_id)
        self._machine.holder = self._node
        return lambda: None


class SimJournal:
    """One executor's hold on the disk. Writes keep their order."""

    def __init__(self, node: Node, machine: Machine) -> None:
        self._node, self._machine = node, machine
        self._line = asyncio.Lock()

    async def load(self) -> dict[str, bytes]:
        await self._node.port()
        return await self._machine.journal.load()

    async def write(self, entries: Entries) -> None:
        async with self._line:
            if self._machine.slow:
                await asyncio.sleep(self._machine.chance.between(0, self._machine.slow))
            await self._node.port()
            await self._machine.journal.write(entries)
        await self._node.port()

    async def close(self) -> None:
        pass


class SimRuntime:
    """One executor's hold on the engine."""

    def __init__(self, node: Node, machine: Machine, lease: Lease) -> None:
        self.name = "process"
        self._node, self._machine = node, machine
        self._runtime = MemoryRuntime(machine.engine, "process", lease.holds)

    async def probe(self) -> bool:
        await self._node.port()
        return await self._runtime.probe()

    def refusal(self, assignment: Assignment) -> str | None:
        if self._machine.chance.happens(self._machine.refuses):
            return "not today"
        return self._runtime.refusal(assignment)

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        await self._node.port()
        started = await self._runtime.start(assignment, create=create, on_pull=on_pull)
        await self._node.port()
        return started

    async def ended(self, attempt_id: str) -> Ended:
        await self._node.port()
        ended = await self._runtime.ended(attempt_id)
        await self._node.port()
        return ended

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        await self._node.port()
        read = await self._runtime.read(attempt_id, offset, limit)
        await self._node.port()
        return read

    async def sample(self, attempt_id: str) -> Usage | None:
        return await self._runtime.sample(attempt_id)

    async def execute(self, attempt_id: str, wanted: Execute) -> Session:
        await self._node.port()
        return await self._runtime.execute(attempt_id, wanted)

    async def dial(self, attempt_id: str, port: int) -> Session:
        await self._node.port()
        return await self._runtime.dial(attempt_id, port)

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        await self._node.port()
        await self._runtime.stop(attempt_id, grace)
        await self._node.port()

    async def remove(self, attempt_id: str) -> None:
        await self._node.port()
        await self._runtime.remove(attempt_id)
        await self._node.port()

    async def close(self) -> None:
        pass
