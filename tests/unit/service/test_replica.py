"""Replicas of a deciding service: one is active, the others stand by, and what they do is fenced by terms."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from runfold.bus.adapters.in_process import InProcessBroker, InProcessBus
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.session import Term
from runfold.eventlog.writer import Writer
from runfold.service.replica import COURTESY, MOST, Replica
from runfold.service.system import SystemClock
from runfold.service.view import View
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual


class Deciding:
    """An Activity that has a term and nothing to do."""

    def __init__(self, view: View, writer: Writer, ids: CountingIds) -> None:
        self._term = Term(writer, "scheduler", SystemClock(), ids)
        self.busy = False
        view.listen(self._term.observe)

    async def begin(self) -> None:
        await self._term.begin()
        self.busy = True

    async def over(self) -> None:
        await self._term.over()

    async def end(self) -> None:
        self.busy = False

    def not_ready(self) -> str | None:
        return self._term.not_ready()


class Process:
    """A replica with its connection and its view, as a process has them."""

    def __init__(self, world: "World", name: str, *, standby: bool) -> None:
        ids = CountingIds(name)
        self.bus, self._view = InProcessBus(world.broker), View(world.writer)
        self.activity = Deciding(self._view, world.writer, ids)
        self.replica = Replica("scheduler", self.activity, self.bus, ids, standby=standby)

    async def start(self) -> "Process":
        await self._view.start()
        await self.replica.start()
        return self

    async def stop(self) -> None:
        await self.replica.stop()
        await self._view.stop()

    @property
    def active(self) -> bool:
        assert self.replica.active == self.activity.busy
        return self.replica.active


class World:
    def __init__(self) -> None:
        self.broker = InProcessBroker()
        self.writer = Writer(MemoryStore(), clock=SystemClock(), ids=CountingIds("log"), sole=True)
        self._processes: list[Process] = []

    async def process(self, name: str, *, standby: bool = False) -> Process:
        process = Process(self, name, standby=standby)
        self._processes.append(process)
        return await process.start()

    async def close(self) -> None:
        for process in self._processes:
            await process.stop()
        await self.writer.stop()


def simulated(scenario: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    async def live() -> None:
        world = World()
        await world.writer.start()
        await scenario(world)
        await world.close()

    run_virtual(live())


def test_a_standby_leaves_everything_to_the_active_one() -> None:
    async def scenario(world: World) -> None:
        first = await world.process("first")
        second = await world.process("second", standby=True)
        await asyncio.sleep(60)
        assert (first.active, second.active) == (True, False)
        assert second.replica.not_ready() is None

    simulated(scenario)


def test_a_standby_takes_over_when_the_active_ones_connection_ends() -> None:
    async def scenario(world: World) -> None:
        first = await world.process("first")
        second = await world.process("second", standby=True)
        await asyncio.sleep(10)

        first.bus.kill()
        await asyncio.sleep(MOST)

        assert second.active

    simulated(scenario)


def test_who_sees_a_later_term_stands_by_and_takes_over_again_in_its_turn() -> None:
    async def scenario(world: World) -> None:
        first = await world.process("first")
        second = await world.process("second")
        await asyncio.sleep(1)
        assert (first.active, second.active) == (False, True)
        await asyncio.sleep(60)
        assert (first.active, second.active) == (False, True)

        await second.stop()
        await asyncio.sleep(MOST)

        assert (first.active, second.active) == (True, False)

    simulated(scenario)


def test_without_a_broker_one_that_is_no_standby_is_active() -> None:
    async def scenario(world: World) -> None:
        world.broker.stop()
        first = await world.process("first")
        second = await world.process("second", standby=True)
        await asyncio.sleep(60)
        assert (first.active, second.active) == (True, False)

    simulated(scenario)


def test_a_broker_that_is_back_finds_the_same_one_active() -> None:
    async def scenario(world: World) -> None:
        first = await world.process("first")
        second = await world.process("second", standby=True)
        for seconds in (0.5, 5.0, 30.0):
            world.broker.stop()
            await asyncio.sleep(seconds)
            world.broker.start()
            await asyncio.sleep(COURTESY + MOST + 1)
            assert (first.active, second.active) == (True, False)

    simulated(scenario)


def test_of_two_standbys_one_takes_over() -> None:
    async def scenario(world: World) -> None:
        first = await world.process("first")
        others = [await world.process(name, standby=True) for name in ("second", "third")]
        await asyncio.sleep(10)

        first.bus.kill()
        await asyncio.sleep(60)

        assert [other.active for other in others].count(True) == 1

    simulated(scenario)
