"""Finished runs into rows: the rows first, then the checkpoint, which follows and never leads (PROTOCOL.md)."""

import asyncio

import structlog

from runfold.contracts.envelope import Commit
from runfold.domain.run.encoding import VERSION
from runfold.eventlog.checkpoint import CheckpointError
from runfold.eventlog.port import EventLog, Unavailable
from runfold.eventlog.runs import Generation, RunStore
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.metrics import METRICS
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.run_rows import Batch, batches, changes
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Seconds between looks whether a generation that was there is gone, where nothing else happens.
LOOK = 10.0
#: Seconds in which runs that finish are gathered, so that they share two durable writes.
GATHER = 0.25


class Gone(Exception):
    """The generation was replaced meanwhile: what was to be written belongs into the one that is active now."""


class Projector:
    """Made before the view starts. What it has to write is in the cell, in order; it keeps nothing itself."""

    def __init__(
        self,
        view: View,
        source: EventLog,
        runs: RunStore,
        rebuilds: StoredRebuilds,
        ids: Ids,
        tasks: Tasks,
    ) -> None:
        self._view, self._log, self._runs, self._tasks = view, source, runs, tasks
        self._rebuilds = rebuilds
        self._backoff = Backoff(ids)
        self._finished = Signal()
        self._trusted: int | None = None  #: the generation that is known to be of this log
        self._position: int | None = None  #: of its checkpoint, while this projects
        self._away: str | None = None
        view.listen(self._note)
        METRICS.gauge(
            "runfold_rows_lag_runs", "Changes of finished runs that rows don't have yet.", self._lag
        )

    def start(self) -> None:
        self._trusted = None
        self._tasks.start("project runs", self._run())

    def end(self) -> None:
        self._position = self._away = None

    def look(self) -> None:
        """Which generation is active now."""
        self._finished.set()

    def not_ready(self) -> str | None:
        return self._away

    def _note(self, commit: Commit | None) -> None:
        if commit is not None and self._pending():
            self._finished.set()

    def _pending(self) -> bool:
        """Whether the newest change is one that rows don't have."""
        cell, position = self._view.cell, self._position
        if position is None:
            return False
        newest = next(reversed(cell.finished.values()), 0)
        deletion = next(reversed(cell.deletions.values()), None)
        return newest > position or (deletion is not None and deletion.position > position)

    def _lag(self) -> int:
        return 0 if self._position is None else len(changes(self._view.cell, self._position))

    async def _run(self) -> None:
        while True:
            try:
                await self._project()
            except Unavailable as error:
                if self._away is None:
                    log.warning("finished runs wait for their rows", error=str(error))
                self._away = f"finished runs are not in rows: {error}"
                await self._backoff.wait()
            except Gone:
                continue
            except Exception as error:
                log.exception("finished runs don't become rows", after=self._position)
                self._away = f"finished runs don't become rows after position {self._position}: {error}"
                await self._backoff.wait()
            else:
                self._away = None
                self._backoff.reset()
                if await self._finished.wait(LOOK):
                    await asyncio.sleep(GATHER)

    async def _project(self) -> None:
        active = (await self._runs.generations()).active
        if active is None or not await self._is_ours(active):
            await self._want_another(active)
            return
        self._position = active.position
        for batch in batches(self._view.cell, active.position):
            await self._write(active, batch)

    async def _write(self, active: Generation, batch: Batch) -> None:
        await self._runs.write(active.number, batch.rows, batch.deletions)
        await advance(self._runs, active.number, self._view.log_id, batch.position)
        self._position = batch.position

    async def _is_ours(self, active: Generation) -> bool:
        """Rows that can't be gone on with are told, and made anew: the log is the truth."""
        if active.number == self._trusted:
            return True
        if active.version != VERSION:
            log.warning("rows of runs are of another version", version=active.version, ours=VERSION)
            return False
        try:
            active.check(await self._log.head())
        except CheckpointError as error:
            log.error("rows of runs don't belong to this log", error=str(error))
            return False
        self._trusted = active.number
        return True

    async def _want_another(self, active: Generation | None) -> None:
        """Unless it is on its way."""
        standing = await self._runs.generations()
        wanted = standing.wanting(VERSION)
        if standing.active == active and wanted is not standing and await self._runs.replace(wanted):
            self._rebuilds.begun.set()


async def advance(runs: RunStore, generation: int, log_id: str, position: int) -> None:
    """The checkpoint, after all up to `position` was written; raises Gone, Unavailable."""
    while True:
        standing = await runs.generations()
        advanced = standing.advanced(generation, log_id, position)
        if advanced is None:
            raise Gone
        if advanced is standing or await runs.replace(advanced):
            return
