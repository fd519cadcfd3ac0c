"""What a reactor can't handle is parked, as an event of the log: it goes on without it, and operators see it."""

from collections.abc import Callable

import structlog

from runfold.bus.port import BusError
from runfold.contracts import parking as e
from runfold.contracts.envelope import Commit, Envelope
from runfold.domain import streams
from runfold.domain.decision import Decision
from runfold.domain.parking import decide
from runfold.domain.parking.state import Parked
from runfold.eventlog.port import NotActive, Unavailable
from runfold.service.metrics import METRICS
from runfold.service.serve import told
from runfold.service.view import View

log = structlog.get_logger(__name__)

_failures = METRICS.counter(
    "runfold_parked_total", "Events that a reactor couldn't handle and parked, by reactor."
)

#: No fault of the event, nor of who handles it: tried again by itself.
TRANSIENT = (Unavailable, NotActive, BusError, OSError)


class Parking:
    """Of one reactor, which tells it what failed and appends what it decides.

    `again` gets what somebody wants to be tried again. Make it before the view starts.
    """

    def __init__(self, reactor: str, view: View, again: Callable[[Parked], None]) -> None:
        self._reactor, self._view, self._again = reactor, view, again
        self._pending: dict[str, e.EventParked] = {}
        view.listen(self._note)

    def id(self, subject: str, position: int | None = None) -> str:
        return decide.parked_id(self._reactor, subject, position)

    @property
    def mine(self) -> list[Parked]:
        """By the log."""
        return [each for each in self._view.cell.parked.values() if each.last.reactor == self._reactor]

    @property
    def pending(self) -> list[e.EventParked]:
        """What the log may not have yet."""
        return list(self._pending.values())

    @property
    def subjects(self) -> set[str]:
        """Of all that is parked, said or not."""
        return {each.subject for each in (*self.pending, *(parked.last for parked in self.mine))}

    def park(self, subject: str, error: Exception) -> None:
        """`subject` as a whole, wherever in it the fault is."""
        self._park(
            e.EventParked(self.id(subject), self._reactor, subject, self._view.cell.position, _text(error)),
            error,
        )

    def park_event(self, envelope: Envelope, commit: int, error: Exception) -> None:
        """This event alone, of commit number `commit`."""
        position, subject = envelope.position, envelope.stream
        id_ = self.id(subject, position)
        self._park(
            e.EventParked(id_, self._reactor, subject, position, _text(error), envelope.type, commit), error
        )

    def _park(self, parked: e.EventParked, error: Exception) -> None:
        """Told once, however often it comes back."""
        if not decide.news(self._view.cell.parked, parked):
            return
        before = self._pending.get(parked.parked_id)
        self._pending[parked.parked_id] = parked
        if before is None or before.error != parked.error:
            _failures.add(reactor=self._reactor)
            log.error(
                "parked",
                reactor=self._reactor,
                subject=parked.subject,
                position=parked.position,
                id=parked.parked_id,
                exc_info=error,
            )

    def decisions(self) -> list[Decision]:
        """What of it isn't in the log; asked again until it is. What there is no room for waits here."""
        if not self._pending:
            return []
        events = decide.park(self._view.cell.parked, *self._pending.values())
        return [Decision((event,), (streams.parked(event.parked_id),)) for event in events]

    def not_ready(self) -> str | None:
        if self._pending and not decide.room(self._view.cell.parked, self._reactor):
            first = next(iter(self._pending.values()))
            return (
                f"{self._reactor} has parked {decide.MOST} events, and can't park that at position "
                f"{first.position} ({first.subject}): {first.error}"
            )
        return None

    def _note(self, commit: Commit | None) -> None:
        if commit is None:
            self._pending.clear()
        elif self._pending or self._view.cell.parked:
            for envelope in commit.events:
                match envelope.data:
                    case e.EventParked(parked_id=id_) | e.ParkedDropped(parked_id=id_):
                        self._pending.pop(id_, None)
                    case e.ParkedRetryRequested(parked_id=id_):
                        self._retry(id_)
                    case _:
                        pass

    def _retry(self, parked_id: str) -> None:
        parked = self._view.cell.parked.get(parked_id)
        if parked is not None and parked.last.reactor == self._reactor:
            self._again(parked)


def _text(error: Exception) -> str:
    return told(error)[: e.ERROR_LENGTH]
