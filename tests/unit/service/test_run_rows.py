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


def test_it_is_what_changed_since_in_the_order_in_which_it_did_and_what_is_deleted_first() -> None:
    world = finished("a", "b", "c")
    world.happens(RunDeleted("a", PROJECT, "a"))
    assert written(world) == [["a", "b", "c"]]
    assert written(world, after=world.cell.finished["c"]) == [["a"]]
    assert written(world, after=world.cell.position) == []


def test_a_batch_ends_where_its_last_change_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world = finished("a", "b", "c")
    monkeypatch.setattr(run_rows, "BATCH", 2)
    assert written(world) == [["a", "b"], ["c"]]
    ends = [batch.position for batch in batches(world.cell, 0)]
    assert ends == [world.cell.finished["b"], world.cell.finished["c"]]


def test_no_batch_ends_beyond_the_end_of_a_run_that_was_deleted_since_and_has_no_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who comes next would take it for one that has a row (the simulation's seed 116809)."""
    world = finished("a", "b", "c")
    ends = dict(world.cell.finished)
    world.happens(RunDeleted("a", PROJECT, "a"))
    world.happens(RunDeleted("b", PROJECT, "b"))
    monkeypatch.setattr(run_rows, "BATCH", 1)
    rows: set[str] = set()
    for batch in batches(world.cell, 0):
        rows |= {row.id for row in batch.rows}
        assert {name for name, end in ends.items() if end <= batch.position} <= rows
    assert batch.position == world.cell.position


def test_one_that_is_deleted_while_others_are_written_is_written_in_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = finished("a", "b")
    monkeypatch.setattr(run_rows, "BATCH", 1)
    making = batches(world.cell, 0)
    assert [row.id for row in next(making).rows] == ["a"]
    world.happens(RunDeleted("b", PROJECT, "b"))
    (row,) = next(making).rows
    assert (row.id, row.position, row.deleted_at) == ("b", world.cell.position, world.now)


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
    assert [run_of(row) for row in batch.rows] == [world.run("b"), world.run("a")]
