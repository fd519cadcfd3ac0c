"""Lets finished runs leave a view once rows have them: asks now and then how far rows are, whoever writes them."""

import asyncio

import structlog

from runfold.domain.run.encoding import VERSION
from runfold.eventlog.checkpoint import CheckpointError
from runfold.eventlog.port import EventLog, Unavailable
from runfold.eventlog.runs import RunReader
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Seconds until the next look at rows that are behind.
PAUSE = 1.0


class Forgetting:
    """A part that is started before its view, so that runs leave while that folds the log from zero."""

    def __init__(self, view: View, source: EventLog, runs: RunReader, ids: Ids) -> None:
        self._view, self._log, self._runs = view, source, runs
        self._backoff = Backoff(ids, first=PAUSE, most=10.0)
        self._tasks = Tasks()

    async def start(self) -> None:
        self._tasks.start("forget runs", self._run())

    async def stop(self) -> None:
        await self._tasks.stop()

    def not_ready(self) -> str | None:
        """Rows that are away only cost memory."""
        return self._tasks.failed

    async def _run(self) -> None:
        while True:
            try:
                await self._learn()
                self._backoff.reset()
            except (Unavailable, CheckpointError) as error:
                log.warning("finished runs stay in memory", error=str(error))
                await self._backoff.wait()
                continue
            if self._view.is_crowded:
                await asyncio.sleep(PAUSE)
            else:
                await self._view.crowded.wait()

    async def _learn(self) -> None:
        """Rows of another version can't be read here, and those of another log are wrong: nothing leaves for them."""
        active = (await self._runs.generations()).active
        if active is not None and active.version == VERSION:
            active.check(await self._log.head())
            self._view.in_rows(active.position)
