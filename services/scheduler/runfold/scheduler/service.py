"""The scheduler as a component."""

from runfold.contracts.envelope import Commit
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.parking.state import Parked
from runfold.domain.scheduling.agenda import Agenda
from runfold.domain.scheduling.plan import REACTOR, plan
from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.service.deciding import Deciding
from runfold.service.metrics import METRICS
from runfold.service.view import View

#: Events after which the agenda is tidied, beside twice its size: so it costs each of them next to nothing.
TIDY = 20_000


class Scheduler(Deciding):
    name = REACTOR

    def __init__(
        self, view: View, log: EventLog, clock: Clock, ids: Ids, stop_after: int | None = None
    ) -> None:
        """`stop_after`: seconds for which a host may be cut off until it stops what is tried again elsewhere."""
        super().__init__(view, log, clock, ids)
        self._stop_after = stop_after
        self._agenda = Agenda()
        self._noted = 0  #: events since the agenda was tidied
        self._tidied = 0  #: its size then
        METRICS.gauge("runfold_waiting_jobs", "Jobs that wait to be placed.", self._waiting)

    def _note(self, commit: Commit | None) -> None:
        if commit is None:
            self._agenda = Agenda()
            return
        for envelope in commit.events:
            self._agenda.note(self._view.cell, envelope)
        self._noted += len(commit.events)
        if self._noted > 2 * self._tidied + TIDY:
            self._tidy()

    def _take_up(self) -> None:
        self._agenda.room = True

    def _tidy(self) -> None:
        """A standby plans nothing, so that nothing falls out by itself."""
        self._agenda.tidy(self._view.cell)
        self._noted, self._tidied = 0, self._agenda.size

    def _waiting(self) -> int:
        """A few too many: what finished while it waited falls out late."""
        return sum(len(heap) for heap in tuple(self._agenda.waiting.values()))

    def _plan(self, cell: Cell, now: int) -> list[Decision]:
        return plan(cell, self._agenda, now, self._ids.uuid4, self._stop_after, self._parking.park)

    def _again(self, parked: Parked) -> None:
        if (run := self._view.cell.runs.get(parked.subject_id)) is not None:
            self._agenda.look_again(self._view.cell, run)

    def _next_due(self, cell: Cell) -> int | None:
        return self._agenda.next_due
