"""An executor in a world without real time: a broker, a log service, a host; and a way to kill it at any step."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from runfold.bus.adapters.in_process import InProcessBroker, InProcessBus
from runfold.bus.port import Handler, Message, Subscription
from runfold.bus.topology import Exchange, Queue
from runfold.contracts.executor import Assignment
from runfold.executor.adapters.memory_host import MemoryHost
from runfold.executor.adapters.memory_journal import MemoryJournal
from runfold.executor.agent import Agent, Profile
from runfold.executor.journal import Entries
from runfold.executor.lease import Lease
from runfold.executor.runtime import Ended, OnPull, Started
from runfold.executor.runtimes.memory import MemoryEngine, MemoryRuntime
from tests.unit.executor.log_service import LogService
from tests.unit.service.fakes import CountingIds

T = TypeVar("T")


class LoopClock:
    """The event loop's time as wall time, in microseconds."""

    def now(self) -> int:
        return 1_000_000_000 + int(asyncio.get_running_loop().time() * 1_000_000)


class Life:
    """Ends at step number `last`; every call of a port is one step before it, and one after."""

    def __init__(self, last: int | None = None) -> None:
        self.steps = 0
        self._last = last
        self.over = asyncio.Event()

    async def call(self, act: Callable[[], Awaitable[T]]) -> T:
        await self._step()
        result = await act()
        await self._step()
        return result

    async def _step(self) -> None:
        self.steps += 1
        if self.steps == self._last:
            self.over.set()
        if self.over.is_set():
            # Nothing that is dead gets an answer.
            await asyncio.get_running_loop().create_future()


class MortalJournal:
    def __init__(self, journal: MemoryJournal, life: Life) -> None:
        self._journal = journal
        self._life = life

    async def load(self) -> dict[str, bytes]:
        return await self._life.call(self._journal.load)

    async def write(self, entries: Entries) -> None:
        await self._life.call(lambda: self._journal.write(entries))

    async def close(self) -> None:
        await self._journal.close()


class MortalBus:
    def __init__(self, bus: InProcessBus, life: Life) -> None:
        self.bus = bus
        self._life = life

    async def publish(
        self, exchange: Exchange, key: str, message: Message, *, mandatory: bool = False
    ) -> None:
        await self._life.call(lambda: self.bus.publish(exchange, key, message, mandatory=mandatory))

    async def consume(self, queue: Queue, handler: Handler) -> Subscription:
        return await self._life.call(lambda: self.bus.consume(queue, handler))

    async def hold(self, sign: str) -> bool:
        return await self.bus.hold(sign)

    async def release(self, sign: str) -> None:
        await self.bus.release(sign)

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        self.bus.on_connected(callback)

    @property
    def connected(self) -> bool:
        return self.bus.connected

    @property
    def durable(self) -> bool:
        return self.bus.durable

    async def close(self) -> None:
        await self.bus.close()


class MortalRuntime(MemoryRuntime):
    def __init__(self, engine: MemoryEngine, life: Life, holds: Callable[[Assignment], bool]) -> None:
        super().__init__(engine, "process", holds)
        self._life = life

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        start = super().start
        return await self._life.call(lambda: start(assignment, create=create, on_pull=on_pull))

    async def ended(self, attempt_id: str) -> Ended:
        ended = super().ended
        return await self._life.call(lambda: ended(attempt_id))

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        stop = super().stop
        await self._life.call(lambda: stop(attempt_id, grace))

    async def remove(self, attempt_id: str) -> None:
        remove = super().remove
        await self._life.call(lambda: remove(attempt_id))


class World:
    """Everything but the executor outlives it."""

    def __init__(self, *, auto: bool = True) -> None:
        self.broker = InProcessBroker()
        self.log = LogService(InProcessBus(self.broker), auto=auto)
        self.journal = MemoryJournal()
        self.clock = LoopClock()
        self.engine = MemoryEngine(self.clock.now)
        self.host = MemoryHost()
        self.ids = CountingIds()
        self.life = Life()
        self._agent: Agent | None = None
        self._bus: InProcessBus | None = None

    async def start(self, last_step: int | None = None) -> Agent:
        """The next executor; returns once it is ready, or dead."""
        self.life = Life(last_step)
        self._bus = InProcessBus(self.broker)
        lease = Lease(self.host)
        self._agent = agent = Agent(
            Profile("host"),
            {"process": MortalRuntime(self.engine, self.life, lease.holds)},
            journal=MortalJournal(self.journal, self.life),
            host=self.host,
            bus=MortalBus(self._bus, self.life),
            clock=self.clock,
            ids=self.ids,
            lease=lease,
        )
        starting = asyncio.create_task(agent.start())
        dying = asyncio.create_task(self.life.over.wait())
        await asyncio.wait([starting, dying], return_when=asyncio.FIRST_COMPLETED)
        for task in (starting, dying):
            task.cancel()
        await asyncio.gather(starting, dying, return_exceptions=True)
        return agent

    async def crash(self) -> None:
        """The executor's process is gone, between two of its steps."""
        assert self._agent is not None
        assert self._bus is not None
        self.life.over.set()
        self._bus.kill()
        self.host.crash()
        await self._agent._tasks.stop()

    async def gone(self, attempt_id: str) -> None:
        """Within a minute neither journal nor host has anything of it."""
        await asyncio.sleep(60)
        assert f"attempt/{attempt_id}" not in self.journal.entries
        assert attempt_id not in self.engine.jobs


async def world(**options: bool) -> World:
    made = World(**options)
    await made.log.start()
    return made
