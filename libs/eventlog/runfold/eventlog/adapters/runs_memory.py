"""Rows that end with the process: for tests and the simulation."""

from collections.abc import Sequence
from dataclasses import replace

from runfold.eventlog.port import Unavailable
from runfold.eventlog.runs import (
    STEP_ROWS,
    Generations,
    RowDeletion,
    RunPage,
    RunQuery,
    RunRow,
)
from runfold.eventlog.runs_order import fitting, is_after, room


class MemoryRunStore:
    """The in-memory twin; while `refusing` is set every call raises Unavailable, as a store that is away does."""

    def __init__(self) -> None:
        self.refusing = False
        self.rows: dict[int, dict[str, RunRow]] = {}  #: by generation
        self._attempts: dict[int, dict[str, str]] = {}
        self._generations = Generations()

    async def generations(self) -> Generations:
        self._check()
        return self._generations

    async def get(self, run_id: str) -> RunRow | None:
        self._check()
        return self._active().get(run_id)

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        self._check()
        active = self._generations.active
        known = self._attempts.get(active.number, {}) if active is not None else {}
        return self._active().get(known.get(attempt_id, ""))

    async def page(self, query: RunQuery) -> RunPage:
        self._check()
        wanted = [row for row in self._active().values() if _is_wanted(row, query)]
        # Twice, by stable sorts: times run against ids.
        wanted.sort(key=lambda row: row.id, reverse=query.ascending)
        wanted.sort(key=lambda row: row.submitted_at, reverse=not query.ascending)
        ids = set(fitting((row.id, len(row.state)) for row in wanted[: room(query)]))
        rows = tuple(row for row in wanted[: room(query)] if row.id in ids)
        return RunPage(rows, len(rows) < len(wanted))

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        self._check()
        held = self.rows.setdefault(generation, {})
        attempts = self._attempts.setdefault(generation, {})
        for row in rows:
            if row.id not in held or held[row.id].position < row.position:
                held[row.id] = row
                attempts.update(dict.fromkeys(row.attempts, row.id))
        for gone in deletions:
            if gone.id in held and held[gone.id].position < gone.position:
                held[gone.id] = replace(held[gone.id], position=gone.position, deleted_at=gone.time)

    async def replace(self, generations: Generations) -> bool:
        self._check()
        if generations.revision != self._generations.revision + 1:
            return False
        self._generations = generations
        return True

    async def sweep(self) -> bool:
        self._check()
        for number in [each for each in self.rows if each not in self._generations.numbers]:
            rows = self.rows[number]
            for run_id in list(rows)[:STEP_ROWS]:
                del rows[run_id]
            if not rows:
                del self.rows[number]
                self._attempts.pop(number, None)
            return True
        return False

    @property
    def is_building(self) -> bool:
        return self._generations.building is not None

    async def close(self) -> None:
        pass

    def _active(self) -> dict[str, RunRow]:
        active = self._generations.active
        return self.rows.get(active.number, {}) if active is not None else {}

    def _check(self) -> None:
        if self.refusing:
            raise Unavailable("the store of runs refuses")


def _is_wanted(row: RunRow, query: RunQuery) -> bool:
    return (
        row.deleted_at is None
        and row.project_id in query.projects
        and query.user_id in (None, row.user_id)
        and is_after(query, row.submitted_at, row.id)
    )
