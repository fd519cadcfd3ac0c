"""Finished runs between the cell and their rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from runfold.domain.cell.state import Cell
from runfold.domain.run.encoding import VERSION, decode, encode
from runfold.domain.run.state import Run
from runfold.eventlog.port import Unavailable
from runfold.eventlog.runs import RowDeletion, RunRow


@dataclass(frozen=True, slots=True)
class Change:
    """A run of the cell that was last changed at `position`, by its end or by its deletion."""

    run_id: str
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


def rows(cell: Cell, changed: Sequence[Change]) -> tuple[list[RunRow], list[RowDeletion]]:
    """As the cell has them now, which may be newer."""
    made, gone = [], []
    for change in changed:
        if (run := cell.runs.get(change.run_id)) is not None:
            made.append(row_of(run, cell.finished[run.id]))
        elif (deletion := cell.deletions.get(change.run_id)) is not None:
            gone.append(RowDeletion(change.run_id, deletion.position, deletion.time))
    return made, gone


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
