"""Finished runs become rows, and leave memory once they are; all rows can be made anew."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from runfold.contracts.envelope import Context, record
from runfold.contracts.job import JobFinished
from runfold.contracts.registry import Event
from runfold.contracts.run import RunDeleted, RunFinished
from runfold.domain.cell.touch import new_events
from runfold.domain.run.encoding import VERSION, decode, encode
from runfold.domain.run.state import Run
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.port import Append, Unavailable
from runfold.eventlog.runs import Generation, Generations, RowDeletion, RunRow
from runfold.eventlog.writer import Writer
from runfold.log.projector import Projector
from runfold.log.rebuilder import Rebuilder
from runfold.service import run_rows
from runfold.service.forgetting import Forgetting
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.run_rows import run_of
from runfold.service.system import SystemClock
from runfold.service.tasks import Tasks
from runfold.service.view import Memory, View
from tests.unit.domain import things
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual


class Noted(MemoryRunStore):
    """Says in which order it was written to; of the next `lost` writes nobody is told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = (
            None  #: happens once, before a write is answered
        )
        self.lost = 0

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        await super().write(generation, rows, deletions)
        told = [row.id for row in rows] + [f"no {gone.id}" for gone in deletions]
        self.calls.append(f"{generation}: {', '.join(told)}")
        if self.meanwhile is not None:
            happen, self.meanwhile = self.meanwhile, None
            await happen()
        self._maybe_lost()

    async def replace(self, generations: Generations) -> bool:
        replaced = await super().replace(generations)
        self.calls.append("checkpoint")
        self._maybe_lost()
        return replaced

    def _maybe_lost(self) -> None:
        if self.lost:
            self.lost -= 1
            raise Unavailable("no answer")


@dataclass
class Lived:
    """The active log service's part in it."""

    commits: MemoryStore
    runs: Noted
    memory: Memory
    ids: CountingIds = field(default_factory=CountingIds)
    tasks: Tasks = field(default_factory=Tasks)

    def __post_init__(self) -> None:
        self.writer = Writer(self.commits, clock=SystemClock(), ids=self.ids, sole=True)
        self.view = View(self.writer, memory=self.memory)
        self.rebuilds = StoredRebuilds(self.runs, self.writer)
        self.projector = Projector(self.view, self.writer, self.runs, self.rebuilds, self.ids, self.tasks)
        self.rebuilder = Rebuilder(
            self.writer, self.runs, self.rebuilds, self.ids, self.tasks, activated=self.projector.look
        )
        self.forgetting = Forgetting(self.view, self.writer, self.runs, self.ids)

    async def begin(self) -> None:
        await self.forgetting.start()
        await self.writer.start()
        await self.view.start()

    def project(self) -> None:
        self.projector.start()
        self.rebuilder.start()

    async def end(self) -> None:
        await self.tasks.end()
        self.projector.end()
        await self.forgetting.stop()
        await self.view.stop()
        await self.writer.stop()

    async def happen(self, *events: Event) -> None:
        new = new_events(events, self.view.cell)
        records = [record(each, self.ids.uuid7(), Context("test", "cause")) for each in new]
        appended = await self.writer.append(Append(self.ids.uuid7(), tuple(records)))
        await self.view.reached(appended.last)

    async def finish(self, *numbers: int) -> None:
        for number in numbers:
            run, job = f"run-{number}", f"job-{number}"
            await self.happen(*things.submitted(run, job))
            end = JobFinished(job, run, f"{job}-1", "done", "done_by_runner", 0)
            await self.happen(end, RunFinished(run, "done", "all_jobs_done"))

    @property
    async def active(self) -> Generation:
        active = (await self.runs.generations()).active
        assert active is not None
        return active

    async def rows(self) -> dict[str, RunRow]:
        return self.runs.rows.get((await self.active).number, {})

    async def shown(self) -> dict[str, tuple[Run, int]]:
        """Runs out of their rows, and the positions of these."""
        return {id_: (run_of(row), row.position) for id_, row in (await self.rows()).items()}


@asynccontextmanager
async def living(
    memory: int | None = 0, commits: MemoryStore | None = None, runs: Noted | None = None
) -> AsyncIterator[Lived]:
    lived = Lived(commits or MemoryStore(), runs or Noted(), Memory(memory))
    await lived.begin()
    if not commits:
        await lived.happen(*things.FOUNDED)
    try:
        yield lived
    finally:
        await lived.end()


def test_a_finished_run_is_a_row_before_the_checkpoint_says_so_and_then_leaves() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await asyncio.sleep(1)
            lived.runs.calls.clear()
            await lived.finish(1)
            assert "run-1" in lived.view.cell.runs
            await asyncio.sleep(2)
            assert lived.runs.calls == ["1: run-1", "checkpoint"]
            assert (await lived.active).position == lived.view.cell.position
            assert not lived.view.cell.runs
            row = await lived.runs.get("run-1")
            assert row is not None and decode(row.state).final == "done"
            assert await lived.runs.of_attempt("job-1-1") == row

    run_virtual(live())


def test_as_many_as_are_to_be_kept_stay_and_rows_are_asked_once_for_many() -> None:
    async def live() -> None:
        async with living(10) as lived:
            lived.project()
            await lived.finish(*range(11))
            await asyncio.sleep(5)
            assert len(lived.view.cell.runs) == 11
            await lived.finish(11)
            await asyncio.sleep(5)
            assert list(lived.view.cell.runs) == [f"run-{number}" for number in range(2, 12)]
            assert len(await lived.rows()) == 12

    run_virtual(live())


def test_nothing_leaves_while_rows_are_away_and_the_service_says_so() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await asyncio.sleep(1)
            lived.runs.refusing = True
            await lived.finish(1, 2)
            await asyncio.sleep(20)
            assert len(lived.view.cell.runs) == 2
            assert "refuses" in (lived.projector.not_ready() or "")
            lived.runs.refusing = False
            await asyncio.sleep(60)
            assert not lived.view.cell.runs
            assert lived.projector.not_ready() is None

    run_virtual(live())


def test_writes_that_nobody_answered_are_repeated() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await asyncio.sleep(1)
            lived.runs.lost = 3
            await lived.finish(1)
            await asyncio.sleep(60)
            assert list(await lived.rows()) == ["run-1"]
            assert (await lived.active).position == lived.view.cell.position

    run_virtual(live())


def test_who_begins_again_goes_on_from_the_checkpoint() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await lived.finish(1)
            await asyncio.sleep(2)
            await lived.tasks.end()  # it dies, and more happens under another
            await lived.finish(2)
            lived.runs.calls.clear()
            async with living(0, lived.commits, lived.runs) as again:
                assert list(again.view.cell.runs) == ["run-2"]
                again.project()
                await asyncio.sleep(2)
                assert again.runs.calls == ["1: run-2", "checkpoint"]
                assert not again.view.cell.runs

    run_virtual(live())


def test_memory_stays_small_while_a_long_history_is_folded_from_zero() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await lived.finish(*range(600))
            await asyncio.sleep(5)
            most = 0

            def look(commit: Any) -> None:
                nonlocal most
                most = max(most, len(again.view.cell.runs))

            again = Lived(lived.commits, lived.runs, Memory(5))
            again.view.listen(look)
            await again.begin()
            assert len(again.view.cell.runs) == 5
            assert most < 300
            await again.end()

    run_virtual(live())


def test_the_deletion_of_a_run_that_has_left_goes_into_its_row() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await lived.finish(1)
            await asyncio.sleep(2)
            lived.runs.calls.clear()
            await lived.happen(RunDeleted("run-1", things.PROJECT, "name-run-1"))
            assert list(lived.view.cell.deletions) == ["run-1"]
            await asyncio.sleep(2)
            assert lived.runs.calls == ["1: no run-1", "checkpoint"]
            row = await lived.runs.get("run-1")
            assert row is not None and row.deleted_at == lived.view.cell.time
            await lived.finish(2)
            await asyncio.sleep(2)
            assert not lived.view.cell.deletions

    run_virtual(live())


async def rebuilt(lived: Lived) -> None:
    """Returns once all rows were made anew."""
    before = (await lived.active).number
    begun = await lived.rebuilds.begin()
    assert begun.running and begun.generation == before + 1
    await asyncio.sleep(5)
    assert (await lived.active).number == begun.generation
    assert not (await lived.rebuilds.progress()).running


def test_rows_made_anew_are_those_that_were_written_as_it_happened() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await lived.finish(1, 2, 3)
            await asyncio.sleep(2)
            await lived.happen(RunDeleted("run-2", things.PROJECT, "name-run-2"))
            await lived.finish(4)
            await asyncio.sleep(2)
            before = await lived.shown()
            assert len(before) == 4
            await rebuilt(lived)
            assert await lived.shown() == before
            assert list(lived.runs.rows) == [2]

    run_virtual(live())


def test_runs_that_finish_during_a_rebuild_are_in_it() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await lived.finish(*range(50))
            await asyncio.sleep(2)
            await lived.rebuilds.begin()
            await lived.finish(*range(50, 60))
            await asyncio.sleep(5)
            assert (await lived.active).number == 2
            assert len(await lived.rows()) == 60
            assert not lived.view.cell.runs

    run_virtual(live())


class Distant(Noted):
    """As far away as a database is."""

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        await asyncio.sleep(0.02)
        await super().write(generation, rows, deletions)

    async def replace(self, generations: Generations) -> bool:
        await asyncio.sleep(0.02)
        return await super().replace(generations)

    async def generations(self) -> Generations:
        await asyncio.sleep(0.003)
        return await super().generations()


def spoil(monkeypatch: pytest.MonkeyPatch, *spoiled: str) -> None:
    """No row is made of these runs."""

    def encode_others(run: Run) -> bytes:
        if run.id in spoiled:
            raise OverflowError("Integer value out of range")
        return encode(run)

    monkeypatch.setattr(run_rows, "encode", encode_others)


def test_a_run_that_makes_no_row_is_named_and_rows_go_on_once_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            spoil(monkeypatch, "run-2")
            await lived.finish(1)
            await asyncio.sleep(2)
            await lived.finish(2, 3)
            at = lived.view.cell.finished["run-2"]
            await asyncio.sleep(60)
            assert f"run run-2 at position {at}" in (lived.projector.not_ready() or "")
            assert list(lived.view.cell.runs) == ["run-2", "run-3"]
            spoil(monkeypatch)
            await asyncio.sleep(20)
            assert lived.projector.not_ready() is None
            assert not lived.view.cell.runs

    run_virtual(live())


def test_a_rebuild_that_fails_says_why_and_is_tried_again_at_once_for_who_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await lived.finish(1, 2, 3)
            await asyncio.sleep(2)
            before = await lived.shown()
            spoil(monkeypatch, "run-2")
            begun = await lived.rebuilds.begin()
            assert begun.failure is None
            await asyncio.sleep(600)
            progress = await lived.rebuilds.progress()
            assert progress.running
            assert "run run-2 at position" in (progress.failure or "")
            assert "run run-2 at position" in (lived.rebuilder.not_ready() or "")
            assert await lived.shown() == before
            spoil(monkeypatch)
            assert (await lived.rebuilds.begin()).failure is None
            await asyncio.sleep(1)
            assert (await lived.active).number == begun.generation
            assert lived.rebuilder.not_ready() is None

    run_virtual(live())


def test_a_rebuild_takes_over_while_the_cell_stays_busy() -> None:
    async def live() -> None:
        async with living(runs=Distant()) as lived:
            lived.project()

            async def be_busy() -> None:
                for number in count():
                    await lived.finish(number)
                    await asyncio.sleep(0.02)

            busy = asyncio.create_task(be_busy())
            await asyncio.sleep(5)
            await lived.rebuilds.begin()
            await asyncio.sleep(20)
            assert not busy.done()
            busy.cancel()
            assert (await lived.active).number == 2

    run_virtual(live())


def test_a_rebuild_outlives_who_carries_it_out_and_until_then_the_old_rows_are_read() -> None:
    async def live() -> None:
        async with living() as lived:
            lived.project()
            await lived.finish(*range(300))
            await asyncio.sleep(5)
            before = await lived.shown()
            first, never = asyncio.Event(), asyncio.Event()

            async def hang() -> None:
                first.set()
                await never.wait()

            lived.runs.meanwhile = hang
            await lived.rebuilds.begin()
            await first.wait()
            await lived.tasks.end()  # it dies
            standing = await lived.runs.generations()
            assert standing.building is not None and standing.active is not None
            assert standing.active.number == 1
            assert 0 < len(lived.runs.rows[2]) < 300
            async with living(0, lived.commits, lived.runs) as again:
                again.project()
                await asyncio.sleep(5)
                assert (await again.active).number == 2
                assert await again.shown() == before

    run_virtual(live())


def test_rows_of_another_version_are_made_anew() -> None:
    async def live() -> None:
        async with living() as lived:
            await lived.finish(1)
            old = Generation(1, VERSION + 1, lived.view.log_id, lived.view.cell.position)
            await lived.runs.replace(Generations(1, old))
            await asyncio.sleep(2)
            assert "run-1" in lived.view.cell.runs
            lived.project()
            await asyncio.sleep(5)
            assert (await lived.active).version == VERSION
            assert list(await lived.rows()) == ["run-1"]
            assert not lived.view.cell.runs

    run_virtual(live())


def test_rows_of_another_log_or_ahead_of_this_one_are_no_reason_to_forget_and_made_anew() -> None:
    async def live(wrong: Generation) -> None:
        async with living() as lived:
            await lived.finish(1)
            theirs = replace(wrong, log_id=wrong.log_id or lived.view.log_id)
            await lived.runs.replace(Generations(1, theirs))
            await lived.runs.write(1, [RunRow("theirs", "p", "u", 1, 1, VERSION, b"?")])
            await asyncio.sleep(2)
            assert "run-1" in lived.view.cell.runs
            lived.project()
            await asyncio.sleep(60)
            assert list(await lived.rows()) == ["run-1"]
            assert not lived.view.cell.runs

    run_virtual(live(Generation(1, VERSION, "another", 1)))
    run_virtual(live(Generation(1, VERSION, "", 10_000)))


def test_who_wrote_into_a_generation_that_was_replaced_writes_what_it_held_to_the_new_one() -> None:
    async def live() -> None:
        async with living() as lived:
            one, two = Generation(1, VERSION), Generation(2, VERSION)
            await lived.runs.replace(Generations(1, one))

            async def replaced() -> None:
                await lived.runs.replace(Generations(2, two))

            lived.runs.meanwhile = replaced
            lived.projector.start()
            await lived.finish(1)
            await asyncio.sleep(2)
            assert lived.runs.calls == ["checkpoint", "1: run-1", "checkpoint", "2: run-1", "checkpoint"]
            assert (await lived.active).position == lived.view.cell.position

    run_virtual(live())
