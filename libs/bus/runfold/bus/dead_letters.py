"""What can be done with messages that nobody could handle."""

from dataclasses import dataclass
from typing import Protocol

from runfold.bus.port import Message
from runfold.bus.topology import Queue


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message as it was published, and the name of the queue in which it failed."""

    message: Message
    source: str


class DeadLetters(Protocol):
    """The dead letters of a queue with a delivery limit, which `source` names. All raise BusUnavailable."""

    async def count(self, source: Queue) -> int: ...

    async def peek(self, source: Queue, limit: int = 100) -> list[DeadLetter]:
        """The oldest ones, which all stay. What one caller looks at, another can't see at that moment."""

    async def replay(self, source: Queue, limit: int | None = None) -> int:
        """Put back into `source`, the oldest first; how many. Each is in one of both queues at any time, in doubt in
        both. Raises Refused when `source` is full: what is left stays dead."""
