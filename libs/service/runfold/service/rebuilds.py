"""Rebuilding the rows of runs from the log: the port by which it is asked for, and what keeps that in their store.

The wish is a generation that is being built, so it outlives whoever took it; the active log service makes it true.
"""

from dataclasses import dataclass
from typing import Protocol

from runfold.domain.run.encoding import VERSION
from runfold.eventlog.port import EventLog
from runfold.eventlog.runs import RunStore
from runfold.service.signal import Signal


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The last one: it fills `generation`, has folded the log up to `position`, and is over once that is at `head`.

    Where it doesn't get on `failure` says why. It is tried again all the same, and at once when it is asked for anew.
    """

    generation: int
    running: bool
    position: int
    head: int
    failure: str | None = None


class Rebuilds(Protocol):
    """Both raise Unavailable."""

    async def begin(self) -> Rebuild:
        """Durable when it returns; one that runs already is gone on with."""

    async def progress(self) -> Rebuild: ...


class StoredRebuilds:
    """`begun` is set for whoever carries it out in this process; another's looks now and then."""

    def __init__(self, runs: RunStore, source: EventLog) -> None:
        self._runs, self._log = runs, source
        self.begun = Signal()

    async def begin(self) -> Rebuild:
        while True:
            standing = await self._runs.generations()
            wanted = standing.wanting(VERSION)
            if wanted is standing and standing.building is not None:
                wanted = standing.failing(standing.building.number, None)
            if wanted is standing or await self._runs.replace(wanted):
                self.begun.set()
                return await self.progress()

    async def progress(self) -> Rebuild:
        standing, head = await self._runs.generations(), await self._log.head()
        last = standing.building or standing.active
        if last is None:
            return Rebuild(0, running=False, position=0, head=head.position)
        running = standing.building is not None
        position = last.position if running else head.position
        return Rebuild(last.number, running, position, head.position, last.failure)
