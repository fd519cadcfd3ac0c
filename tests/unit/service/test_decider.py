"""The loop of a service that decides."""

import asyncio

from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.session import Term
from runfold.eventlog.writer import Writer
from runfold.service.decider import Decider
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View


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
