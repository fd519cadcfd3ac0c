"""Appends that wait together become one commit, each judged alone."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.port import Append, Appended, Conflict, EventLogError, Head, TooLarge
from runfold.eventlog.window import Window

APPEND_BYTES = 1024 * 1024
#: Of 4 MiB, some are kept for the brackets and commas between appends.
COMMIT_BYTES = 4 * 1024 * 1024 - 1024
#: A commit takes no further append once it has this many events, ...
TARGET_EVENTS = 64
#: ... and never more than these, unless one append alone has more.
CAP_EVENTS = 256

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True, eq=False)
class Pending:
    """An append that waits for its answer, and everyone who asked for it: repeated ids share it."""

    append: Append
    encoded: bytes  #: its events as JSON, without the array's brackets
    deadline: float
    futures: list[asyncio.Future[Appended]] = field(default_factory=list)

    def succeed(self, appended: Appended) -> None:
        for future in self.futures:
            if not future.done():
                future.set_result(appended)

    def fail(self, error: EventLogError) -> None:
        for future in self.futures:
            if not future.done():
                future.set_exception(error)
        self.futures.clear()

    @property
    def wanted(self) -> bool:
        """Whether anyone still waits: what nobody waits for needn't be stored."""
        return any(not future.done() for future in self.futures)


def encode_events(append: Append) -> bytes:
    """Raises TooLarge, and ValueError when there is nothing to append or an event touches nothing."""
    if not append.events or not all(event.streams for event in append.events):
        raise ValueError("an append needs events, and each event a stream")
    encoded = _encode(append.events)[1:-1]
    if len(encoded) > APPEND_BYTES:
        raise TooLarge(f"an append of {len(encoded)} bytes, where {APPEND_BYTES} are the most")
    return encoded


class Batch:
    """A commit in the making, after `head`."""

    def __init__(self, window: Window, head: Head) -> None:
        self._window, self._head = window, head
        self.accepted: list[Pending] = []
        #: Refused for the sake of one accepted above; final only once that one's commit stands.
        self.refused: list[tuple[Pending, Conflict]] = []
        self.touched: dict[str, int] = {}
        self._position = head.position
        self._bytes = 0

    @property
    def count(self) -> int:
        return self._position - self._head.position

    def has_room_for(self, pending: Pending) -> bool:
        if not self.accepted:
            return True
        return (
            self.count < TARGET_EVENTS
            and self.count + len(pending.append.events) <= CAP_EVENTS
            and self._bytes + len(pending.encoded) <= COMMIT_BYTES
        )

    def take(self, pending: Pending) -> None:
        """Accepts it, refuses it at once, or refuses it for when this commit stands."""
        append = pending.append
        conflict = self._conflict_with_log(append)
        if conflict:
            pending.fail(conflict)
        elif conflict := self._conflict_here(append):
            self.refused.append((pending, conflict))
        else:
            self._accept(pending)

    def record(self, time: int) -> CommitRecord:
        return CommitRecord(
            number=self._head.number + 1,
            first=self._head.position + 1,
            count=self.count,
            time=time,
            log_id=self._head.log_id,
            appends=tuple(pending.append.id for pending in self.accepted),
            streams=tuple(self.touched),
            body=msgspec.Raw(b"[" + b",".join([pending.encoded for pending in self.accepted]) + b"]"),
            sizes=tuple(len(pending.append.events) for pending in self.accepted),
        )

    def stands(self) -> None:
        """Answers everyone: the commit is durable."""
        first = self._head.position + 1
        for pending in self.accepted:
            last = first + len(pending.append.events) - 1
            pending.succeed(Appended(self._head.number + 1, first, last))
            first = last + 1
        for pending, conflict in self.refused:
            pending.fail(conflict)

    def fails(self, error: EventLogError) -> None:
        for pending in self.everyone():
            pending.fail(error)

    def everyone(self) -> Iterable[Pending]:
        yield from self.accepted
        for pending, _ in self.refused:
            yield pending

    def _accept(self, pending: Pending) -> None:
        self.accepted.append(pending)
        self._bytes += len(pending.encoded)
        for event in pending.append.events:
            self._position += 1
            for stream in event.streams:
                self.touched[stream] = self._position

    def _conflict_with_log(self, append: Append) -> Conflict | None:
        if append.at < self._window.start:
            return Conflict(append.expect, self._head.position)
        touched = self._window.touched(append.expect, append.at)
        return Conflict(tuple(touched), max(touched.values())) if touched else None

    def _conflict_here(self, append: Append) -> Conflict | None:
        touched = [stream for stream in append.expect if stream in self.touched]
        return Conflict(tuple(touched), max(self.touched[s] for s in touched)) if touched else None
