"""The rules that every output store shares, as pure functions: placing chunks, windows of time, filling pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from runfold.contracts.executor import OutputChunk
from runfold.contracts.values import Micros
from runfold.eventlog.output import (
    CURSOR_DIGITS,
    PAGE_BYTES,
    PAGE_RECORDS,
    SLICE_BYTES,
    InvalidCursor,
    OutputPage,
    OutputQuery,
    OutputRecord,
    OutputSlice,
)

#: The bounds of a time in a database's signed integer.
EARLIEST, LATEST = -1, 2**63 - 1


@dataclass(frozen=True, slots=True)
class Tail:
    """Where an attempt's stored output ends: its length in bytes and the time of its last record."""

    stored: int = 0
    time: Micros = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """What chunks become: records that continue the tail, and the chunks that lie beyond a gap."""

    tail: Tail
    records: list[OutputRecord] = field(default_factory=list)
    early: list[OutputChunk] = field(default_factory=list)


def place(tail: Tail, chunks: Iterable[OutputChunk]) -> Placed:
    """Continues `tail` by what is new in `chunks` of one attempt, in whatever order they came."""
    stored, time = tail.stored, tail.time
    records: list[OutputRecord] = []
    early: list[OutputChunk] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.offset):
        if chunk.offset > stored:
            early.append(chunk)
        elif fresh := chunk.data[stored - chunk.offset :]:
            time = max(chunk.time, time + 1)
            records.append(OutputRecord(stored, time, fresh))
            stored += len(fresh)
    return Placed(Tail(stored, time), records, early)


def by_attempt(chunks: Iterable[OutputChunk]) -> dict[str, list[OutputChunk]]:
    grouped: dict[str, list[OutputChunk]] = {}
    for chunk in chunks:
        grouped.setdefault(chunk.attempt_id, []).append(chunk)
    return grouped


def window(query: OutputQuery) -> tuple[Micros, Micros]:
    """The exclusive bounds of time that a query and its cursor leave; raises InvalidCursor."""
    after = EARLIEST if query.after is None else query.after
    before = LATEST if query.before is None else query.before
    if query.cursor is not None:
        passed = _cursor_time(query.cursor)
        if query.descending:
            before = min(before, passed)
        else:
            after = max(after, passed)
    return max(EARLIEST, min(after, LATEST)), max(EARLIEST, min(before, LATEST))


def _cursor_time(cursor: str) -> Micros:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= CURSOR_DIGITS):
        raise InvalidCursor(cursor)
    return int(cursor)


def room(query: OutputQuery) -> int:
    """How many records its page may have."""
    return max(0, min(query.limit, PAGE_RECORDS))


def fill_page(records: Iterable[OutputRecord], limit: int) -> OutputPage:
    """The page that starts with these; draws at most one record more than it takes, to know whether there are more."""
    taken: list[OutputRecord] = []
    size = 0
    for record in records:
        if taken and (len(taken) >= limit or size >= PAGE_BYTES):
            return OutputPage(tuple(taken), str(taken[-1].time))
        if limit < 1:
            break
        taken.append(record)
        size += len(record.data)
    return OutputPage(tuple(taken))


def fill_slice(offset: int, records: Iterable[OutputRecord]) -> OutputSlice:
    """The bytes from `offset` on; `records` begins with the one that holds it, or the first one kept after it."""
    parts: list[bytes] = []
    begin, size = offset, 0
    for record in records:
        if not parts:
            begin = max(offset, record.offset)
        part = record.data[max(0, offset - record.offset) :]
        parts.append(part)
        size += len(part)
        if size >= SLICE_BYTES:
            break
    return OutputSlice(begin, b"".join(parts)[:SLICE_BYTES])
