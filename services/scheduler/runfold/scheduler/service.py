"""The scheduler as a component."""

from runfold.contracts.envelope import Commit
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.scheduling.agenda import Agenda
from runfold.domain.scheduling.plan import plan
from runfold.eventlog.port import EventLog
from runfold.eventlog.session import Term
from runfold.ports import Clock, Ids
from runfold.service.decider import Decider
from runfold.service.metrics import METRICS
from runfold.service.tasks import Tasks
from runfold.service.view import View


class Scheduler:
    """Decides over a view that must be listened to from its first commit: make this before the view starts."""

    name = "scheduler"

    def __init__(self, view: View, log: EventLog, clock: Clock, ids: Ids) -> None:
        self._view, self._ids = view, ids
        self._agenda = Agenda()
        self._tasks = Tasks()
        self._term = Term(log, self.name, clock, ids)
        METRICS.gauge("runfold_waiting_jobs", "Jobs that wait to be placed.", self._waiting)
        view.listen(self._note)
        self._decider = Decider(view, self._term, clock, ids, plan=self._plan, next_due=self._next_due)

    async def start(self) -> None:
        await self._term.begin()
        self._tasks.start("scheduling", self._decider.run())

    async def stop(self) -> None:
        await self._tasks.stop()

    def not_ready(self) -> str | None:
        return self._tasks.failed or self._view.not_ready() or self._decider.not_ready()

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

    def _next_due(self, _: Cell) -> int | None:
        return self._agenda.next_due
