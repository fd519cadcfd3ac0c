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
    """What is written together: all that changed up to `position`, after the batch before it."""

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
    """All that changed after that position, in its order; each batch has it as the cell does when it is asked for.

    Raises Unwritable.
    """
    rows: list[RunRow] = []
    deletions: list[RowDeletion] = []
    size = 0
    for change in changes(cell, after):
        if (run := cell.runs.get(change.run_id)) is not None:
            rows.append(_row(run, cell.finished[run.id]))
            size += len(rows[-1].state)
        elif (deletion := cell.deletions.get(change.run_id)) is not None:
            deletions.append(RowDeletion(change.run_id, deletion.position, deletion.time))
        if len(rows) + len(deletions) >= BATCH or size >= BATCH_BYTES:
            yield Batch(tuple(rows), tuple(deletions), change.position)
            rows, deletions, size = [], [], 0
    if rows or deletions:
        yield Batch(tuple(rows), tuple(deletions), change.position)


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
