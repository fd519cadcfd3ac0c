"""A scheduler that can't decide on a run parks it, and goes on: as a service, over a log."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from runfold.bus.adapters.in_process import InProcessBus
from runfold.contracts.envelope import Context, record
from runfold.contracts.parking import ParkedRetryRequested
from runfold.contracts.registry import Event
from runfold.domain.cell.touch import new_events
from runfold.domain.parking import decide as parking
from runfold.domain.scheduling import plan
from runfold.domain.scheduling.place import place
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.port import Append
from runfold.eventlog.writer import Writer
from runfold.scheduler.bootstrap import build
from runfold.service.metrics import METRICS
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View
from tests.unit.domain import things
from tests.unit.service.virtual_time import run_virtual


@dataclass
class World:
    """A scheduler over a log; `poison` names the runs whose jobs it can't place."""

    poison: set[str] = field(default_factory=set)
    ids: SystemIds = field(default_factory=SystemIds)

    async def begin(self) -> None:
        clock = SystemClock()
        self.writer = Writer(MemoryStore(), clock=clock, ids=self.ids, sole=True)
        await self.writer.start()
        await self.schedule()

    async def schedule(self) -> None:
        """By a scheduler that knows nothing yet."""
        self.view = View(self.writer)
        self.scheduler = build(
            log=self.writer, view=self.view, bus=InProcessBus(), clock=SystemClock(), ids=self.ids
        )
        await self.view.start()
        await self.scheduler.start()

    async def stop(self) -> None:
        await self.scheduler.stop()
        await self.view.stop()

    async def happen(self, *events: Event) -> None:
        for event in events:
            await self.happen_at_once(event)

    async def happen_at_once(self, *events: Event) -> None:
        context = Context("service:test", "cause")
        told = tuple(record(new, self.ids.uuid7(), context) for new in new_events(events, self.view.cell))
        await self.view.reached((await self.writer.append(Append(self.ids.uuid7(), told))).last)

    @property
    def placed(self) -> list[str]:
        return [job.run_id for job in self.view.cell.jobs.values() if not job.waiting]

    @property
    def tries(self) -> list[int]:
        return [parked.last.tries for parked in self.view.cell.parked.values()]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[World], Awaitable[None]]], None]:
    """Lives a story."""

    def tell(story: Callable[[World], Awaitable[None]]) -> None:
        world = World()

        def placing(cell: Any, run: Any, *rest: Any) -> Any:
            if run.id in world.poison:
                raise KeyError("a fault of ours")
            return place(cell, run, *rest)

        async def live() -> None:
            await world.begin()
            await world.happen(*things.a_place())
            await story(world)
            await world.stop()
            await world.writer.stop()

        monkeypatch.setattr(plan, "place", placing)
        run_virtual(live())

    return tell


Told = Callable[[Callable[[World], Awaitable[None]]], None]


def test_other_runs_go_on_and_it_stays_ready(told: Told) -> None:
    async def story(world: World) -> None:
        world.poison.add("run-1")
        counted = METRICS.counter("runfold_parked_total", "").values
        before = counted.get((("reactor", "scheduler"),), 0)
        for number in (1, 2, 3):
            await world.happen(*things.submitted(f"run-{number}", f"job-{number}"))
            await asyncio.sleep(30)
        assert (world.placed, world.tries) == (["run-2", "run-3"], [1])
        assert counted[(("reactor", "scheduler"),)] == before + 1
        assert world.scheduler.not_ready() is None

    told(story)


def test_a_retry_places_it_once_the_fault_is_mended_and_before_counts_one_more_try(told: Told) -> None:
    async def story(world: World) -> None:
        world.poison.add("run-1")
        await world.happen(*things.submitted("run-1", "job-1"))
        await asyncio.sleep(1)
        (parked_id,) = world.view.cell.parked

        await world.happen(ParkedRetryRequested(parked_id))
        await asyncio.sleep(1)
        assert (world.placed, world.tries) == ([], [2])

        world.poison.clear()
        await world.happen(ParkedRetryRequested(parked_id))
        await asyncio.sleep(1)
        assert (world.placed, world.tries) == (["run-1"], [])

    told(story)


def test_a_scheduler_that_is_started_again_tries_it_by_itself(told: Told) -> None:
    async def story(world: World) -> None:
        world.poison.add("run-1")
        await world.happen(*things.submitted("run-1", "job-1"))
        await asyncio.sleep(1)
        for poison, left in (({"run-1"}, [1]), (set(), [])):
            await world.stop()
            world.poison = poison
            await world.schedule()
            await asyncio.sleep(1)
            assert world.tries == left
        assert world.placed == ["run-1"]

    told(story)


def test_more_than_it_may_park_is_left_out_all_the_same_and_told(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST", 2)

    async def story(world: World) -> None:
        world.poison |= {f"run-{number}" for number in range(3)}
        for number in range(4):
            await world.happen(*things.submitted(f"run-{number}", f"job-{number}"))
        await asyncio.sleep(1)
        assert (world.placed, len(world.tries)) == (["run-3"], 2)
        assert "run:run-2" in (world.scheduler.not_ready() or "")

        world.poison = {"run-2"}
        for parked_id in list(world.view.cell.parked):
            await world.happen(ParkedRetryRequested(parked_id))
        await asyncio.sleep(1)
        assert [parked.last.subject for parked in world.view.cell.parked.values()] == ["run:run-2"]
        assert world.scheduler.not_ready() is None

    told(story)


def test_what_fails_in_one_pass_is_parked_up_to_that_number_as_well(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "MOST", 2)

    async def story(world: World) -> None:
        runs = [f"run-{number}" for number in range(5)]
        world.poison |= set(runs)
        await world.happen_at_once(
            *(event for run in runs for event in things.submitted(run, f"job-of-{run}"))
        )
        await asyncio.sleep(1)
        assert [parked.last.subject for parked in world.view.cell.parked.values()] == [
            "run:run-0",
            "run:run-1",
        ]
        assert "run:run-2" in (world.scheduler.not_ready() or "")

        world.poison -= {"run-0", "run-1"}
        for parked_id in list(world.view.cell.parked):
            await world.happen(ParkedRetryRequested(parked_id))
        await asyncio.sleep(1)
        assert [parked.last.subject for parked in world.view.cell.parked.values()] == [
            "run:run-2",
            "run:run-3",
        ]
        assert "run:run-4" in (world.scheduler.not_ready() or "")

    told(story)
