"""What can be done with messages that nobody could handle."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from runfold.bus.port import Message
from runfold.bus.topology import Queue

#: The header that says why a message is dead. No handler sees it: what begins with `x-` isn't the message's own.
REASON = "x-runfold-reason"
REASON_LENGTH = 500  #: most characters of it
#: Letters that are looked through for one of them, the oldest first.
SEARCHED = 1000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message as it was published, the name of the queue in which it failed, and why."""

    message: Message
    source: str
    reason: str = ""

    @property
    def id(self) -> str:
        """24 hexadecimal digits, made of id and body: two letters that say the same have the same."""
        named = f"{self.message.message_id or ''}\0".encode()
        return sha256(named + self.message.body).hexdigest()[:24]


class DeadLetters(Protocol):
    """The dead letters of a queue with a delivery limit, which `source` names. All raise BusUnavailable."""

    async def count(self, source: Queue) -> int: ...

    async def peek(self, source: Queue, limit: int = 100) -> list[DeadLetter]:
        """The oldest ones, which all stay. What one caller looks at, another can't see at that moment."""

    async def find(self, source: Queue, letter_id: str) -> DeadLetter | None:
        """The oldest one of that id; None where none of the SEARCHED oldest has it."""

    async def replay(self, source: Queue, limit: int | None = None) -> int:
        """Put back into `source`, the oldest first; how many. Each is in one of both queues at any time, in doubt in
        both. Raises Refused when `source` is full: what is left stays dead."""

    async def discard(self, source: Queue, letter_id: str) -> bool:
        """Drops the oldest one of that id for ever; False where none of the SEARCHED oldest has it."""


def buried(message: Message, reason: str) -> Message:
    """As it lies among the dead letters. Who published it isn't who buries it, so the broker has nothing to check."""
    return replace(message, headers={**message.headers, REASON: reason[:REASON_LENGTH]}, user_id=None)


def unearthed(message: Message, source: Queue) -> DeadLetter:
    """What was buried."""
    headers = {name: value for name, value in message.headers.items() if name != REASON}
    return DeadLetter(replace(message, headers=headers), source.name, str(message.headers.get(REASON, "")))
