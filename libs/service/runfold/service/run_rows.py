"""Finished runs between the cell and their rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from runfold.domain.cell.state import Cell
from runfold.domain.run.encoding import VERSION, decode, encode
from runfold.domain.run.state import Run
from runfold.eventlog.port import Unavailable
from runfold.eventlog.runs import RowDeletion, RunRow

BATCH = 256  #: changes that are written together
BATCH_BYTES = 4 * 1024 * 1024  #: a batch ends once its rows' states hold this much


class Unwritable(Exception):
    """A run that makes no row: those after it wait as well, since rows have all up to a position."""


@dataclass(frozen=True, slots=True)
class Change:
    """A run of the cell that was last changed at `position`, by its end or by its deletion."""

    run_id: str
    position: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written together; with the batches before it, all that was to be had of what changed up to `position`."""

    rows: tuple[RunRow, ...]
    deletions: tuple[RowDeletion, ...]
    position: int


def changes(cell: Cell, after: int) -> list[Change]:
    """All that changed after that position, in its order; it costs no more than there is of it."""
    found = []
    for run_id, position in reversed(cell.finished.items()):
        if position <= after:
            break
        found.append(Change(run_id, position))
    for run_id, deletion in reversed(cell.deletions.items()):
        if deletion.position <= after:
            break
        found.append(Change(run_id, deletion.position))
    return sorted(found, key=lambda change: change.position)


def batches(cell: Cell, after: int) -> Iterator[Batch]:
    """All that changed after that position; each batch has it as the cell does when it is asked for.

    What was deleted while it was in memory goes first: its end lies somewhere before, and until it has a row nobody may
    take all up to there for written. The rest follows in its order. Raises Unwritable.
    """
    rows: list[RunRow] = []
    deletions: list[RowDeletion] = []
    size = 0
    waiting = changes(cell, after)
    first, rest = _deleted_in_memory(cell, waiting)
    for number, change in enumerate((*first, *rest), start=1):
        if (run := cell.runs.get(change.run_id)) is not None:
            rows.append(_row(run, cell.finished[run.id]))
            size += len(rows[-1].state)
        elif (deletion := cell.deletions.get(change.run_id)) is not None:
            deletions.append(RowDeletion(change.run_id, deletion.position, deletion.time))
        if len(rows) + len(deletions) >= BATCH or size >= BATCH_BYTES:
            if number == len(waiting):
                break
            yield Batch(tuple(rows), tuple(deletions), after if number <= len(first) else change.position)
            rows, deletions, size = [], [], 0
    if rows or deletions:
        yield Batch(tuple(rows), tuple(deletions), waiting[-1].position)


def _deleted_in_memory(cell: Cell, waiting: list[Change]) -> tuple[list[Change], list[Change]]:
    """Those, and the others."""
    first: list[Change] = []
    rest: list[Change] = []
    for change in waiting:
        run = cell.runs.get(change.run_id)
        (first if run is not None and run.deleted else rest).append(change)
    return first, rest


def _row(run: Run, position: int) -> RunRow:
    try:
        return row_of(run, position)
    except Exception as error:
        raise Unwritable(f"run {run.id} at position {position} makes no row: {error!r}") from error


def row_of(run: Run, position: int) -> RunRow:
    return RunRow(
        id=run.id,
        project_id=run.project_id,
        user_id=run.user_id,
        submitted_at=run.submitted_at,
        position=position,
        version=VERSION,
        state=encode(run),
        attempts=tuple(attempt.id for job in run.jobs for attempt in job.attempts),
        deleted_at=run.changed_at if run.deleted else None,
    )


def run_of(row: RunRow) -> Run:
    """Raises Unavailable where it was written by a build of another version: rows are rebuilt for the newest one."""
    if row.version != VERSION:
        raise Unavailable(f"a row of version {row.version}, and this build reads {VERSION}")
    run = decode(row.state)
    if row.deleted_at is not None:
        run.deleted, run.changed_at = True, row.deleted_at
    return run
