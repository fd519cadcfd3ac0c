"""Finished runs become rows, and leave memory once they are."""

import asyncio
from typing import Any

import pytest

from runfold.contracts.run import RunDeleted
from runfold.domain.run.encoding import decode
from runfold.service.view import Memory
from tests.unit.domain import things
from tests.unit.log.rows_world import Lived, living, spoil
from tests.unit.service.virtual_time import run_virtual


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
