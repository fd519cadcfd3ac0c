"""The cell as this process sees it: followed from the log, folded in memory. All services of one process share it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from runfold.bus.port import Bus
from runfold.bus.topology import Queue
from runfold.contracts.envelope import Commit
from runfold.domain.cell.fold import fold
from runfold.domain.cell.forget import forget, forget_deletions
from runfold.domain.cell.state import Cell
from runfold.domain.run.state import Run
from runfold.eventlog.follow import Follower
from runfold.eventlog.port import EventLog
from runfold.service.metrics import METRICS
from runfold.service.signal import Signal

#: Called after a commit is folded, with nothing awaited in between. `None` says: folded anew from zero, forget all.
Listener = Callable[[Commit | None], None]

_EVERYTHING = 2**63


@dataclass(frozen=True, slots=True)
class Memory:
    """How many finished runs a view keeps at least, those that changed last; None is all of them.

    With `rows` they leave only once somebody has told that rows have them, and keep their names; without, nobody in
    this process asks for what is over.
    """

    runs: int | None = None
    rows: bool = True


class View:
    """Read `cell` between two awaits and it doesn't change under you; `cell.position` is where you decided."""

    def __init__(
        self,
        log: EventLog,
        *,
        bus: Bus | None = None,
        queue: Queue | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.cell = Cell()
        self.has_past = False  #: some runs have left memory
        #: Set while there are so many finished runs that some would leave, had rows all of them.
        self.crowded = Signal()
        self._memory = memory or Memory()
        self._in_rows = 0 if self._memory.rows else _EVERYTHING
        self._watchers: dict[int, dict[str, Run]] = {}
        self._listeners: list[Listener] = []
        self._follower = Follower(log, self._apply, reset=self._reset, bus=bus, queue=queue)
        METRICS.gauge("runfold_folded_commits", "Number of the last commit folded.", lambda: self.number)
        METRICS.gauge("runfold_runs_in_memory", "Runs in memory.", lambda: len(self.cell.runs))
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

    @property
    def log_id(self) -> str:
        """Of the log that is folded; "" before its first commit."""
        return self._follower.checkpoint.log_id

    @property
    def is_crowded(self) -> bool:
        """Beyond a tenth more than it keeps: so many leave together, and what rows have is asked once for them."""
        most = self._memory.runs
        return most is not None and len(self.cell.finished) > most + most // 10

    def not_ready(self) -> str | None:
        return self._follower.not_ready()

    def in_rows(self, position: int) -> None:
        """Rows have all that changed up to `position`."""
        self._in_rows = max(self._in_rows, position)
        self._forget()

    @contextmanager
    def leaving(self) -> Iterator[dict[str, Run]]:
        """Runs by id that leave memory meanwhile: who awaits rows that were read before that would miss them."""
        left: dict[str, Run] = {}
        self._watchers[id(left)] = left
        try:
            yield left
        finally:
            del self._watchers[id(left)]

    def _apply(self, commit: Commit) -> None:
        fold(self.cell, commit)
        for listener in self._listeners:
            listener(commit)
        self._forget()

    def _forget(self) -> None:
        cell, most = self.cell, self._memory.runs
        if most is None:
            return
        if self.is_crowded:
            for run in forget(cell, most, self._in_rows, names=self._memory.rows):
                self.has_past = True
                for left in self._watchers.values():
                    left[run.id] = run
            if self.is_crowded:
                self.crowded.set()
        if cell.deletions:
            forget_deletions(cell, self._in_rows)

    def _reset(self) -> None:
        self.cell, self.has_past = Cell(), False
        for listener in self._listeners:
            listener(None)
