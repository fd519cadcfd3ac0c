"""A service that decides, as an activity of one of its replicas: what scheduler and provisioner share."""

from abc import ABC, abstractmethod

from runfold.contracts.envelope import Commit
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.parking.state import Parked
from runfold.eventlog.port import EventLog
from runfold.eventlog.session import Term
from runfold.ports import Clock, Ids
from runfold.service.decider import Decider
from runfold.service.parking import Parking
from runfold.service.tasks import Tasks
from runfold.service.view import View


class Deciding(ABC):
    """Decides over a view that must be listened to from its first commit: make this before the view starts."""

    name: str

    def __init__(self, view: View, log: EventLog, clock: Clock, ids: Ids) -> None:
        self._view, self._ids = view, ids
        self._tasks = Tasks()
        self._term = Term(log, self.name, clock, ids)
        view.listen(self._note)
        self._parking = Parking(self.name, view, self._again)
        self._decider = Decider(view, self._term, clock, ids, plan=self._decide, next_due=self._next_due)

    async def begin(self) -> None:
        await self._term.begin()
        await self._view.reached(self._term.position)
        self._take_up()
        self._tasks.start(f"{self.name} decides", self._decider.run())

    async def over(self) -> None:
        await self._term.over()

    async def end(self) -> None:
        await self._tasks.end()

    def not_ready(self) -> str | None:
        return self._tasks.failed or self._decider.not_ready() or self._parking.not_ready()

    def _decide(self, cell: Cell, now: int) -> list[Decision]:
        return [*self._plan(cell, now), *self._parking.decisions()]

    @abstractmethod
    def _take_up(self) -> None:
        """This replica becomes active; whatever an activity of its own left unfinished before is looked at anew."""

    @abstractmethod
    def _note(self, commit: Commit | None) -> None:
        """Keeps what `_plan` looks at beside the cell, as a view's Listener; called before `_plan` sees the commit."""

    @abstractmethod
    def _plan(self, cell: Cell, now: int) -> list[Decision]:
        """What there is to decide at `now`, microseconds. A fault with one subject is parked, and the others go on;
        what is raised is a fault with all of them."""

    @abstractmethod
    def _again(self, parked: Parked) -> None:
        """Somebody wants what `_plan` parked to be planned again; called before `_plan` sees that commit."""

    @abstractmethod
    def _next_due(self, cell: Cell) -> int | None:
        """When to decide again though nothing changed, microseconds; None for never."""
