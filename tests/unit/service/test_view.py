"""A view says when what it follows is away, and when it is back; and how far it is."""

import asyncio

from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.writer import Writer
from runfold.service.metrics import METRICS
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View
from tests.faulty_store import FaultyStore
from tests.unit.service.virtual_time import run_virtual


def test_a_view_whose_database_goes_away_is_not_ready_within_seconds_and_ready_once_it_is_back() -> None:
    async def go() -> None:
        store = FaultyStore(MemoryStore())
        writer = Writer(store, clock=SystemClock(), ids=SystemIds())
        await writer.start()
        view = View(writer)
        await view.start()
        assert view.not_ready() is None

        store.away = True
        await asyncio.sleep(5)
        assert view.not_ready() == "away"

        store.away = False
        await asyncio.sleep(5)
        assert view.not_ready() is None
        await view.stop()
        await writer.stop()

    run_virtual(go())


def test_metrics_say_how_far_a_view_is() -> None:
    async def go() -> None:
        writer = Writer(MemoryStore(), clock=SystemClock(), ids=SystemIds(), sole=True)
        await writer.start()
        view = View(writer)
        await view.start()
        text = METRICS.text()
        assert "\nrunfold_folded_commits 1\n" in text
        assert "\nrunfold_follow_lag_commits 0\n" in text
        await view.stop()
        await writer.stop()

    run_virtual(go())
