"""Finished runs leave memory: what is kept of them lies elsewhere, or nobody here asks for it."""

from collections.abc import Iterator
from itertools import islice, takewhile

from runfold.domain import streams
from runfold.domain.cell.names import free_name
from runfold.domain.cell.state import Cell
from runfold.domain.run.state import Run


def forget(state: Cell, most: int, up_to: int, *, names: bool = True) -> list[Run]:
    """Those that left, so that `most` finished ones stay: the ones that changed last, and all that did after `up_to`.

    With `names` they keep theirs until they are deleted, so that nobody looks elsewhere whether a name is taken.
    """
    left = [_drop(state, run_id) for run_id in list(_leaving(state, most, up_to))]
    for run in left:
        if not names:
            free_name(state, streams.run_name(run.project_id, run.name), run.id)
        elif not run.deleted:
            project = state.projects[run.project_id]
            project.past_until = max(project.past_until, run.submitted_at)
    return left


def forget_deletions(state: Cell, up_to: int) -> None:
    """Those up to that position, which rows have by now."""
    for run_id, deletion in list(state.deletions.items()):
        if deletion.position > up_to:
            break
        del state.deletions[run_id]


def _leaving(state: Cell, most: int, up_to: int) -> Iterator[str]:
    """One look for all of them: a dictionary's front is the further away the more of it was deleted."""
    changed = islice(state.finished.items(), max(len(state.finished) - most, 0))
    return (run_id for run_id, _ in takewhile(lambda each: each[1] <= up_to, changed))


def _drop(state: Cell, run_id: str) -> Run:
    del state.finished[run_id]
    run = state.runs.pop(run_id)
    state.projects[run.project_id].runs.pop(run_id, None)
    for job in run.jobs:
        state.jobs.pop(job.id, None)
        for attempt in job.attempts:
            state.attempts.pop(attempt.id, None)
            state.jobs_by_attempt.pop(attempt.id, None)
    return run
