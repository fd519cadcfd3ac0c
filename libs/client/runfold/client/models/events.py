"""What happened: told in words to people, and as CloudEvents to programs."""

from datetime import datetime
from typing import Any

import msgspec

from runfold.client.models.base import Model


class EventTarget(Model, frozen=True):
    type: str
    id: str
    name: str
    project_id: str | None = None
    project_name: str | None = None


class Event(Model, frozen=True):
    """A line of `runfold event`."""

    id: str
    message: str
    recorded_at: datetime
    targets: tuple[EventTarget, ...] = ()
    actor_user: str | None = None


class HappenedEvent(Model, frozen=True):
    """One of the log's events; `subject` is its stream, such as `run:<id>`; `position` only ever grows."""

    id: str
    type: str
    subject: str
    time: datetime
    position: str  #: of digits, as CloudEvents have it
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    project: str | None = None

    @property
    def kind(self) -> str:
        """Such as `run.RunFinished`."""
        return self.type.removeprefix("runfold.")


class HappenedPage(Model, frozen=True):
    """`next` is what the following page begins after; `more` says whether there is one by now."""

    events: tuple[HappenedEvent, ...]
    next: int
    more: bool = False
