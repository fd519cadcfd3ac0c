"""A generation of rows from zero: the log is folded once more, beside the view, while all else goes on.

It takes the active one's place once it has all that is in that one, in one step; whoever dies before leaves what it
has written to the next one, who folds again and goes on writing there.
"""

import asyncio
from collections.abc import Callable

import structlog

from runfold.contracts.envelope import Commit
from runfold.domain.cell.fold import fold
from runfold.domain.cell.forget import forget, forget_deletions
from runfold.domain.cell.state import Cell
from runfold.domain.run.encoding import VERSION
from runfold.eventlog.checkpoint import CheckpointError
from runfold.eventlog.port import EventLog, Head, Unavailable
from runfold.eventlog.runs import Generation, RunStore
from runfold.log.projector import Gone, advance
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.run_rows import batches
from runfold.service.tasks import Tasks

log = structlog.get_logger(__name__)

READ = 64  #: commits read at a time: what they finish is in memory until it is written
STEP = 512  #: commits between two checkpoints
#: Folding gives way to everything else this often; seconds.
YIELD = 0.005
#: Seconds until what failed is tried again, at most, unless somebody asks: each time the log is folded from zero.
FAILED = 300.0
#: Seconds between looks whether a rebuild was asked for at another replica.
LOOK = 10.0


class Rebuilder:
    def __init__(
        self,
        source: EventLog,
        runs: RunStore,
        rebuilds: StoredRebuilds,
        ids: Ids,
        tasks: Tasks,
        *,
        activated: Callable[[], None],
    ) -> None:
        """`activated` is called when another generation has become active."""
        self._tell_activated = activated
        self._log, self._runs, self._rebuilds, self._tasks = source, runs, rebuilds, tasks
        self._backoff = Backoff(ids)
        self._patience = Backoff(ids, most=FAILED)
        self._failure: str | None = None
        self._yielded = 0.0

    def start(self) -> None:
        self._tasks.start("rebuild runs", self._run())

    def end(self) -> None:
        self._failure = None

    def not_ready(self) -> str | None:
        return self._failure

    async def _run(self) -> None:
        while True:
            try:
                await self._work()
            except Unavailable as error:
                log.warning("a rebuild waits", error=str(error))
                await self._backoff.wait()
            except Gone:
                continue
            except Exception as error:
                log.exception("rows of runs can't be rebuilt")
                self._failure = f"rows of runs can't be rebuilt: {error}"
            else:
                self._failure = None
                self._backoff.reset()
                self._patience.reset()

    async def _work(self) -> None:
        if self._failure is not None:
            await self._pause()
        building = (await self._runs.generations()).building
        if building is None:
            await self._sweep()
            await self._rebuilds.begun.wait(LOOK)
            return
        try:
            await self._build(building)
        except (Unavailable, Gone):
            raise
        except Exception as error:
            await self._note(building.number, error)
            raise

    async def _pause(self) -> None:
        """Until it is time to try again, or somebody asks for it, at whichever replica."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience.next()
        while (left := until - loop.time()) > 0 and not await self._rebuilds.begun.wait(min(left, LOOK)):
            building = (await self._runs.generations()).building
            if building is None or building.failure is None:
                return

    async def _note(self, number: int, error: Exception) -> None:
        """For whoever asked for it, at whichever replica."""
        while True:
            standing = await self._runs.generations()
            failing = standing.failing(number, str(error) or repr(error))
            if failing is standing or await self._runs.replace(failing):
                return

    async def _sweep(self) -> None:
        while await self._runs.sweep():
            pass

    async def _build(self, building: Generation) -> None:
        if not await self._can_go_on(building):
            await self._runs.replace((await self._runs.generations()).beginning(VERSION))
            return
        log.info("rows of runs are rebuilt", generation=building.number, after=building.position)
        cell, number, told, log_id = Cell(), 0, 0, ""
        while True:
            commits = await self._log.read(number, READ)
            for commit in commits:
                await self._fold(cell, commit)
                number, log_id = commit.number, commit.record.log_id
            await self._write(cell, building)
            # While the cell is busy there is always something new: the head itself may never be reached.
            near = len(commits) < READ
            if near or number >= told + STEP:
                await advance(self._runs, building.number, log_id, cell.position)
                told = number
            if near and await self._activated(building.number):
                self._tell_activated()
                log.info("rows of runs are rebuilt", generation=building.number, position=cell.position)
                return

    async def _can_go_on(self, building: Generation) -> bool:
        """What was begun by another build, or of another log, is no use."""
        if building.version != VERSION:
            return False
        return _is_of(building, await self._log.head())

    async def _fold(self, cell: Cell, commit: Commit) -> None:
        fold(cell, commit)
        loop = asyncio.get_running_loop()
        if loop.time() - self._yielded > YIELD:
            await asyncio.sleep(0)
            self._yielded = loop.time()

    async def _write(self, cell: Cell, building: Generation) -> None:
        """What is written leaves this fold's memory at once."""
        for batch in batches(cell, building.position):
            await self._runs.write(building.number, batch.rows, batch.deletions)
        forget(cell, 0, cell.position, names=False)
        forget_deletions(cell, cell.position)

    async def _activated(self, number: int) -> bool:
        """False where the active one has gone further meanwhile, or another change came in between."""
        standing = await self._runs.generations()
        active, building = standing.active, standing.building
        if building is None or building.number != number:
            raise Gone
        if (
            active is not None
            and active.position > building.position
            and _is_of(active, await self._log.head())
        ):
            return False
        return await self._runs.replace(standing.activated())


def _is_of(generation: Generation, head: Head) -> bool:
    """Whether it was derived from this log."""
    try:
        generation.check(head)
    except CheckpointError as error:
        log.error("rows of runs don't belong to this log", generation=generation.number, error=str(error))
        return False
    return True
