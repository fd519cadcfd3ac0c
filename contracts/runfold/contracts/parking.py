"""What a reactor couldn't handle and goes on without. For operators; nothing else of the cell is decided on it."""

from typing import Annotated

from annotated_types import MaxLen
from pydantic.dataclasses import dataclass

from runfold.contracts.values import Natural

#: Most characters of an error's text.
ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class EventParked:
    """`reactor` met an error that trying again doesn't mend; said again, with one more of `tries`, when it comes back
    after a retry."""

    parked_id: str
    reactor: str  #: such as log.feed, or scheduler
    subject: str  #: the stream that it is about
    position: Natural  #: of the event, or up to which the log was read when it was decided
    error: Annotated[str, MaxLen(ERROR_LENGTH)]  #: type and text
    event_type: str | None = None  #: None where a state was decided on, and no single event
    commit: Natural | None = None  #: number of the event's commit
    tries: Natural = 1


@dataclass(frozen=True, slots=True)
class ParkedRetryRequested:
    """The reactor is to try it again."""

    parked_id: str


@dataclass(frozen=True, slots=True)
class ParkedHandled:
    """The reactor is done with it after all, or it is over by itself."""

    parked_id: str


@dataclass(frozen=True, slots=True)
class ParkedDropped:
    """Somebody said that it needn't be handled."""

    parked_id: str


ParkingEvent = EventParked | ParkedRetryRequested | ParkedHandled | ParkedDropped
