"""Runs that have left memory, as if they hadn't: read from their rows, the ones asked for last kept for a while.

Nothing here is put back into the cell, and a run that is in memory costs no look at any row.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from heapq import merge

from runfold.domain.run.state import Run
from runfold.eventlog.runs import RunQuery, RunReader, RunRow
from runfold.eventlog.runs_order import is_after
from runfold.gateway.paging import Page, paged
from runfold.service.run_rows import run_of
from runfold.service.view import View

KEPT = 1_000  #: runs, some 3 KB each
_TRIES = 2


class Past:
    """All raise Unavailable where rows can't be read."""

    def __init__(self, view: View, rows: RunReader) -> None:
        self._view, self._rows = view, rows
        self._kept: OrderedDict[str, Run] = OrderedDict()

    async def run(self, run_id: str) -> Run | None:
        """Wherever it is, deleted or not."""
        return self._view.cell.runs.get(run_id) or await self._past(lambda: self._rows.get(run_id), run_id)

    async def of_attempt(self, attempt_id: str) -> Run | None:
        """The run whose attempt it is, wherever that is."""
        cell = self._view.cell
        if (job := cell.jobs_by_attempt.get(attempt_id)) is not None:
            return cell.runs[job.run_id]
        return await self._past(lambda: self._rows.of_attempt(attempt_id))

    async def page(
        self,
        page: Page,
        query: RunQuery,
        in_memory: Callable[[], Iterable[Run]],
        wanted: Callable[[Run], bool],
    ) -> list[Run]:
        """Of memory and rows together; memory wins over rows. `in_memory` gives runs in the page's order of time;
        `query` has the page's order, and `wanted` judges what left memory meanwhile, which no query chose.

        Rows are read until the page is full and ends before they do: memory may fill it as well as they."""
        past: dict[str, Run] = {}
        with self._view.leaving() as left:
            while True:
                rows = await self._rows.page(query)
                past.update((row.id, run_of(row)) for row in rows.rows if row.id not in self._view.cell.runs)
                runs = self._together(page, in_memory(), filter(wanted, {**past, **left}.values()))
                if not rows.more:
                    return runs
                query = replace(query, time=rows.rows[-1].submitted_at, id=rows.rows[-1].id)
                if len(runs) == page.limit and not is_after(query, runs[-1].submitted_at, runs[-1].id):
                    return runs

    def _together(self, page: Page, in_memory: Iterable[Run], past: Iterable[Run]) -> list[Run]:
        """Nothing twice, and nothing that was deleted since its row was read."""
        cell = self._view.cell
        others = [run for run in past if run.id not in cell.runs and cell.holds_name(run)]
        others.sort(key=_time, reverse=not page.ascending)
        both = merge(in_memory, others, key=_time, reverse=not page.ascending)
        return paged(both, page, time=_time, key=_id)

    async def _past(
        self, read: Callable[[], Awaitable[RunRow | None]], run_id: str | None = None
    ) -> Run | None:
        if not self._view.has_past:
            return None
        if run_id is not None and (kept := self._still(run_id)) is not None:
            return kept
        for _ in range(_TRIES):
            row = await read()
            if row is None:
                return None
            run = run_of(row)
            if self._is_current(run):
                self._keep(run)
                return run
            # It was deleted, and this row is older than that: the next one isn't.
        return None

    def _is_current(self, run: Run) -> bool:
        """Brings it up to what the view has of it; False where that isn't known here any more."""
        cell = self._view.cell
        if run.deleted or cell.holds_name(run):
            return True
        deletion = cell.deletions.get(run.id)
        if deletion is None:
            return False
        run.deleted, run.changed_at = True, deletion.time
        return True

    def _still(self, run_id: str) -> Run | None:
        kept = self._kept.get(run_id)
        if kept is None or not self._is_current(kept):
            return None
        self._kept.move_to_end(run_id)
        return kept

    def _keep(self, run: Run) -> None:
        self._kept[run.id] = run
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _time(run: Run) -> int:
    return run.submitted_at


def _id(run: Run) -> str:
    return run.id
