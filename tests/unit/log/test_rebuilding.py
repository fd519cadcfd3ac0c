"""All rows can be made anew from the log."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest

from runfold.contracts.run import RunDeleted
from runfold.domain.run.encoding import VERSION
from runfold.eventlog.runs import Generation, Generations, RowDeletion, RunRow
from tests.unit.domain import things
from tests.unit.log.rows_world import Lived, Noted, living, spoil
from tests.unit.service.virtual_time import run_virtual


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
