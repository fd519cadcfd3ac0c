"""What of the cell goes into rows together."""

import pytest

from runfold.contracts.run import RunDeleted, RunFinished, RunSubmitted
from runfold.domain.cell.forget import forget
from runfold.service import run_rows
from runfold.service.run_rows import batches, run_of
from tests.unit.domain.given import World, given
from tests.unit.domain.things import FOUNDED, PROJECT


def finished(*names: str, request: str = "{}") -> World:
    world = given(FOUNDED).world
    for name in names:
        world.happens(RunSubmitted(name, PROJECT, "user", name, "dstack", request))
        world.happens(RunFinished(name, "done", "all_jobs_done"))
    return world


def written(world: World, after: int = 0) -> list[list[str]]:
    return [[row.id for row in batch.rows] for batch in batches(world.cell, after)]


def test_it_is_what_changed_since_in_the_order_in_which_it_did() -> None:
    world = finished("a", "b", "c")
    world.happens(RunDeleted("a", PROJECT, "a"))
    assert written(world) == [["b", "c", "a"]]
    assert written(world, after=world.cell.finished["c"]) == [["a"]]
    assert written(world, after=world.cell.position) == []


def test_a_batch_ends_where_its_last_change_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world = finished("a", "b", "c")
    monkeypatch.setattr(run_rows, "BATCH", 2)
    assert written(world) == [["a", "b"], ["c"]]
    ends = [batch.position for batch in batches(world.cell, 0)]
    assert ends == [world.cell.finished["b"], world.cell.finished["c"]]


def test_a_batch_of_great_runs_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_rows, "BATCH_BYTES", 5_000)
    assert written(finished("a", "b", "c", request="x" * 3_000)) == [["a", "b"], ["c"]]


def test_what_left_memory_and_was_deleted_is_a_deletion() -> None:
    world = finished("a", "b")
    forget(world.cell, 1, world.cell.position)
    at = world.cell.position
    world.happens(RunDeleted("a", PROJECT, "a"))
    (batch,) = batches(world.cell, at)
    assert not batch.rows
    assert [(gone.id, gone.position, gone.time) for gone in batch.deletions] == [
        ("a", world.cell.position, world.now)
    ]
    assert batch.position == world.cell.position


def test_a_run_comes_out_of_its_row_as_it_went_in_deleted_or_not() -> None:
    world = finished("a", "b")
    world.happens(RunDeleted("b", PROJECT, "b"))
    (batch,) = batches(world.cell, 0)
    assert [run_of(row) for row in batch.rows] == [world.run("a"), world.run("b")]
