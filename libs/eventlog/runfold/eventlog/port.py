"""What every service knows of the event log."""

from dataclasses import dataclass
from typing import Protocol

from runfold.contracts.envelope import Commit, CommitRecord, EventRecord


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: the number of its last commit and the position of its last event; 0, 0 when empty."""

    number: int
    position: int
    log_id: str


@dataclass(frozen=True, slots=True)
class Append:
    """Events to be made durable together, or not at all.

    Refused as Conflict when one of `expect` was touched after position `at`, or when `at` lies before all that the
    writer remembers (65,536 commits and a minute): a retry, which keeps id, `expect` and `at`, is never applied twice.
    """

    id: str
    events: tuple[EventRecord, ...]
    expect: tuple[str, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an append stands: commit number, and the positions of its first and last event."""

    number: int
    first: int
    last: int


class EventLogError(Exception):
    """Base of everything the event log raises."""


class Conflict(EventLogError):
    """One of the expected streams was touched after `at`; fold up to `position` and decide again."""

    def __init__(self, streams: tuple[str, ...], position: int) -> None:
        super().__init__(
            f"touched since: {', '.join(streams)}; fold up to position {position} and decide again"
        )
        self.streams = streams
        self.position = position


class NotActive(EventLogError):
    """This writer isn't the active one (any more); nothing of the append was or will be stored by it.

    `address` is the active one's base URL where it is known.
    """

    def __init__(self, address: str | None = None) -> None:
        super().__init__(
            "this log replica is not active" + (f"; the active one is {address}" if address else "")
        )
        self.address = address


class Unavailable(EventLogError):
    """No answer in time: the outcome is open. Repeat with the same append id."""


class TooLarge(EventLogError):
    """The append is over 1 MiB."""


class Forbidden(EventLogError):
    """The log service doesn't take this service's token; repeating won't help."""


class EventLog(Protocol):
    """The event log as services use it: in one process the writer itself, else its HTTP client."""

    async def append(self, append: Append) -> Appended:
        """Durable when it returns. Raises Conflict, NotActive, TooLarge, Unavailable."""

    async def head(self) -> Head:
        """The head by a majority read; raises Unavailable."""

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        """Commits with a number above `after`, in order, at most `limit` (less where they are large)."""

    async def wait(self, after: int, seconds: float) -> Head:
        """The head as soon as its number is above `after`, or after `seconds`."""


class NumberTaken(EventLogError):
    """Another document stands (or stood, it may yet be rolled back) under this commit number."""


class CommitStore(Protocol):
    """All that the writer asks of a database: a unique number, a durable insert, majority reads."""

    async def insert(self, commit: CommitRecord) -> None:
        """Durable when it returns. Raises NumberTaken, or Unavailable when the outcome is open."""

    async def read(self, after: int, limit: int) -> list[CommitRecord]:
        """Commits above number `after` in order, without gaps; raises Unavailable."""

    async def outline(self, after: int, limit: int) -> list[CommitRecord]:
        """As `read`, but with an empty body: what the window needs of many thousands of commits."""

    async def last(self) -> CommitRecord | None:
        """The commit with the highest number; raises Unavailable."""

    async def close(self) -> None: ...
