"""The scheduler as a component."""

from runfold.contracts.envelope import Commit
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.scheduling.agenda import Agenda
from runfold.domain.scheduling.plan import plan
from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.service.deciding import Deciding
from runfold.service.metrics import METRICS
from runfold.service.view import View


class Scheduler(Deciding):
    name = "scheduler"

    def __init__(self, view: View, log: EventLog, clock: Clock, ids: Ids) -> None:
        super().__init__(view, log, clock, ids)
        self._agenda = Agenda()
        METRICS.gauge("runfold_waiting_jobs", "Jobs that wait to be placed.", self._waiting)

    def _note(self, commit: Commit | None) -> None:
        if commit is None:
            self._agenda = Agenda()
            return
        for envelope in commit.events:
            self._agenda.note(self._view.cell, envelope)

    def _waiting(self) -> int:
        """A few too many: what finished while it waited falls out late."""
        return sum(len(heap) for heap in tuple(self._agenda.waiting.values()))

    def _plan(self, cell: Cell, now: int) -> list[Decision]:
        return plan(cell, self._agenda, now, self._ids.uuid4)

    def _next_due(self, cell: Cell) -> int | None:
        return self._agenda.next_due
