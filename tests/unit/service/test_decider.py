"""The loop of a service that decides."""

import asyncio

from runfold.contracts.envelope import Commit
from runfold.contracts.instance import ExecutorJoined
from runfold.contracts.values import Quantities
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.port import Append, Appended, Head, TooLarge
from runfold.eventlog.session import Term
from runfold.eventlog.writer import Writer
from runfold.service.decider import Decider
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual


async def test_a_pass_that_fails_is_told_and_the_next_one_mends_it() -> None:
    clock, ids = SystemClock(), SystemIds()
    writer = Writer(MemoryStore(), clock=clock, ids=ids, sole=True)
    view = View(writer)
    first, second = asyncio.Event(), asyncio.Event()

    def plan(_: Cell, __: int) -> list[Decision]:
        if not first.is_set():
            first.set()
            raise ValueError("a fault of ours")
        second.set()
        return []

    term = Term(writer, "scheduler", clock, ids)
    decider = Decider(view, term, clock, ids, plan=plan, next_due=lambda _: None)
    await writer.start()
    await view.start()
    await term.begin()
    running = asyncio.create_task(decider.run())
    await first.wait()

    assert "a fault of ours" in (decider.not_ready() or "")
    decider.wake()
    await second.wait()
    assert decider.not_ready() is None

    running.cancel()
    await asyncio.wait([running])
    await view.stop()
    await writer.stop()


class Narrow:
    """A log that takes at most so many events at once."""

    def __init__(self, log: Writer, most: int) -> None:
        self._log, self.most = log, most
        self.tried: list[int] = []

    async def append(self, append: Append) -> Appended:
        self.tried.append(len(append.events))
        if len(append.events) > self.most:
            raise TooLarge(f"{len(append.events)} events")
        return await self._log.append(append)

    async def head(self) -> Head:
        return await self._log.head()

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        return await self._log.read(after, limit)

    async def wait(self, after: int, seconds: float) -> Head:
        return await self._log.wait(after, seconds)


def deciding(narrow: Narrow, view: View, hosts: int) -> Decider:
    """Decides that so many hosts joined, in one pass, until they have."""
    clock, ids = SystemClock(), CountingIds()

    def plan(cell: Cell, _: int) -> list[Decision]:
        missing = [f"host-{n}" for n in range(hosts) if f"host-{n}" not in cell.hosts]
        return [
            Decision(
                (ExecutorJoined(id_, id_, Quantities(), (), None, {}, "x86", "1"),), (streams.host(id_),)
            )
            for id_ in missing
        ]

    term = Term(narrow, "scheduler", clock, ids)
    return Decider(view, term, clock, ids, plan=plan, next_due=lambda _: None)


def test_a_pass_that_is_too_large_for_one_append_goes_in_parts() -> None:
    async def live() -> None:
        writer = Writer(MemoryStore(), clock=SystemClock(), ids=CountingIds(), sole=True)
        view, narrow = View(writer), Narrow(writer, most=3)
        decider = deciding(narrow, view, hosts=20)
        await writer.start()
        await view.start()
        await decider._term.begin()
        running = asyncio.create_task(decider.run())
        await asyncio.sleep(5)

        assert len(view.cell.hosts) == 20
        assert decider.not_ready() is None
        running.cancel()
        await asyncio.wait([running])
        await view.stop()
        await writer.stop()

    run_virtual(live())


def test_a_decision_that_the_log_refuses_is_told_and_tried_less_and_less_often() -> None:
    async def live() -> None:
        writer = Writer(MemoryStore(), clock=SystemClock(), ids=CountingIds(), sole=True)
        view, narrow = View(writer), Narrow(writer, most=1)
        decider = deciding(narrow, view, hosts=1)
        await writer.start()
        await view.start()
        await decider._term.begin()
        narrow.most = 0
        running = asyncio.create_task(decider.run())
        await asyncio.sleep(60)

        assert decider.not_ready() == "decisions not appended: 1 events"
        assert len(narrow.tried) < 20
        narrow.most = 1
        await asyncio.sleep(20)
        assert decider.not_ready() is None
        assert len(view.cell.hosts) == 1
        running.cancel()
        await asyncio.wait([running])
        await view.stop()
        await writer.stop()

    run_virtual(live())
