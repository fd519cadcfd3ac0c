"""What jobs print: the ports by which it is stored and read.

An attempt's output is one sequence of bytes, kept as records in the pieces in which they arrived. Offsets count bytes
from 0; times are strictly increasing within an attempt, so a time names a record and a cursor is a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runfold.contracts.executor import OutputChunk
from runfold.contracts.values import Micros
from runfold.eventlog.port import EventLogError

CHUNK_BYTES = 256 * 1024  #: the largest chunk, and so the largest record
PAGE_RECORDS = 1000  #: the most that a page has, whatever its limit
PAGE_BYTES = 4 * 1024 * 1024  #: a page of records ends once it holds this much, whatever its limit
SLICE_BYTES = 1024 * 1024  #: the most that one read of raw bytes returns
STEP_RECORDS = 256  #: the most that one step of dropping takes
CURSOR_DIGITS = 19  #: of the largest time that a database's integer holds


class InvalidCursor(EventLogError):
    """No page ever ended with this cursor."""


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """Bytes as they arrived: not necessarily a line, nor whole characters."""

    offset: int
    time: Micros
    data: bytes


@dataclass(frozen=True, slots=True)
class OutputQuery:
    """Records with `after` < time < `before`, oldest or newest first, going on from the cursor of the page before."""

    after: Micros | None = None
    before: Micros | None = None
    descending: bool = False
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OutputPage:
    """Some records; `cursor` leads to more, and is None where there are none (yet)."""

    records: tuple[OutputRecord, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OutputSlice:
    """Raw bytes from `offset`, which is beyond the one asked for where older output has expired."""

    offset: int
    data: bytes


class OutputReader(Protocol):
    """What those need who show output. An attempt without output reads as empty, whether it exists or not."""

    async def poll(self, attempt_id: str, query: OutputQuery) -> OutputPage:
        """A page of records; raises InvalidCursor, Unavailable."""

    async def read_from(self, attempt_id: str, offset: int, *, wait: float = 0.0) -> OutputSlice:
        """At most SLICE_BYTES bytes, waiting up to `wait` seconds for the first of them; raises Unavailable."""

    async def stored(self, attempt_id: str) -> int:
        """How many bytes are stored without a gap, expired ones included; raises Unavailable."""


class OutputStore(OutputReader, Protocol):
    """Stores every byte once and in order, whatever is sent twice, overlaps or comes early."""

    async def append(self, chunks: Sequence[OutputChunk]) -> dict[str, int]:
        """Durable when it returns: all of it, or Unavailable is raised and all of it may be sent again.

        A chunk beyond a gap is kept aside and takes its place once the gap is filled. Returns, for each attempt
        named, the bytes now stored without a gap.
        """

    async def delete_before(self, time: Micros) -> int | None:
        """Drops some of the records older than `time`, STEP_RECORDS at most: the bytes freed, or None if none is left.

        What was stored still counts as stored.
        """

    async def close(self) -> None: ...
