"""The cell as this process sees it: followed from the log, folded in memory. All services of one process share it."""

from collections.abc import Callable

from runfold.bus.port import Bus
from runfold.bus.topology import Queue
from runfold.contracts.envelope import Commit
from runfold.domain.cell.fold import fold
from runfold.domain.cell.state import Cell
from runfold.eventlog.follow import Follower
from runfold.eventlog.port import EventLog
from runfold.service.metrics import METRICS

#: Called after a commit is folded, with nothing awaited in between. `None` says: folded anew from zero, forget all.
Listener = Callable[[Commit | None], None]


class View:
    """Read `cell` between two awaits and it doesn't change under you; `cell.position` is where you decided."""

    def __init__(self, log: EventLog, *, bus: Bus | None = None, queue: Queue | None = None) -> None:
        self.cell = Cell()
        self._listeners: list[Listener] = []
        self._follower = Follower(log, self._apply, reset=self._reset, bus=bus, queue=queue)
        METRICS.gauge("runfold_folded_commits", "Number of the last commit folded.", lambda: self.number)
        METRICS.gauge(
            "runfold_follow_lag_commits",
            "Commits known to be in the log and not folded yet.",
            lambda: self._follower.lag,
        )

        METRICS.gauge(
            "runfold_parked",
            "What reactors couldn't handle and go on without.",
            lambda: len(self.cell.parked),
        )

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def start(self) -> None:
        """Returns once everything up to the head has been folded."""
        await self._follower.start()

    async def stop(self) -> None:
        await self._follower.stop()

    async def reached(self, position: int) -> None:
        """Returns once `position` has been folded."""
        await self._follower.reached(position)

    async def fresh(self) -> None:
        """Returns once everything is folded that was committed before the call; raises Unavailable."""
        await self._follower.fresh()

    @property
    def number(self) -> int:
        """The last commit that is folded."""
        return self._follower.number

    def not_ready(self) -> str | None:
        return self._follower.not_ready()

    def _apply(self, commit: Commit) -> None:
        fold(self.cell, commit)
        for listener in self._listeners:
            listener(commit)

    def _reset(self) -> None:
        self.cell = Cell()
        for listener in self._listeners:
            listener(None)
