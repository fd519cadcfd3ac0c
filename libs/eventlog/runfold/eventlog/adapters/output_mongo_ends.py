"""The documents in which MongoDB keeps output, and what is known of an attempt's end, as pure functions."""

from dataclasses import dataclass, field, replace

from runfold.contracts.executor import OutputChunk
from runfold.contracts.values import Micros
from runfold.eventlog.adapters.mongo_documents import Document
from runfold.eventlog.output import OutputRecord
from runfold.eventlog.output_rules import Placed, Tail

PROBE = 64  #: how far an end as it was written may lie behind: written every so many records


@dataclass(frozen=True, slots=True)
class End:
    """What an attempt has: records `first`..`last`, and the tail after them."""

    tail: Tail = field(default_factory=Tail)
    first: int = 1
    last: int = 0
    oldest: Micros | None = None  #: the time of record `first`, as far as it exists
    early: int | None = None  #: the lowest offset that waits for a gap to be filled
    written: int = 0  #: `last` as its document has it
    dated: bool = False  #: its document has `oldest`
    exists: bool = False  #: it has a document

    @property
    def overdue(self) -> bool:
        """Its document lies too far behind, or wouldn't be found when its records expire."""
        return self.last - self.written >= PROBE or (self.oldest is not None and not self.dated)


def ids_of(attempt_id: str, numbers: range) -> list[str]:
    return [f"{attempt_id}:{number}" for number in numbers]


def record_documents(attempt_id: str, last: int, records: list[OutputRecord]) -> list[Document]:
    return [
        {
            "_id": f"{attempt_id}:{number}",
            "offset": record.offset,
            "size": len(record.data),
            "time": record.time,
            "data": record.data,
        }
        for number, record in enumerate(records, last + 1)
    ]


def early_document(chunk: OutputChunk) -> Document:
    """Named by its size as well: of two at one offset the longer one may not be lost."""
    return {
        "_id": f"{chunk.attempt_id}@{chunk.offset}+{len(chunk.data)}",
        "attempt": chunk.attempt_id,
        "offset": chunk.offset,
        "time": chunk.time,
        "data": chunk.data,
    }


def end_of(document: Document) -> End:
    tail = Tail(document["stored"], document["time"])
    first, last, oldest = document.get("first", 1), document["last"], document["oldest"]
    return End(tail, first, last, oldest, written=last, dated=oldest is not None, exists=True)


def as_written(end: End) -> End:
    return replace(end, written=end.last, dated=end.oldest is not None, exists=True)


def fields_of(end: End) -> Document:
    return {"last": end.last, "stored": end.tail.stored, "time": end.tail.time, "oldest": end.oldest}


def advanced(end: End, placed: Placed) -> End:
    if not placed.records:
        return end
    oldest = placed.records[0].time if end.oldest is None else end.oldest
    return replace(end, tail=placed.tail, last=end.last + len(placed.records), oldest=oldest)


def passed(end: End, record: Document) -> End:
    """With one more record that was found behind it."""
    tail = Tail(record["offset"] + record["size"], record["time"])
    return replace(
        end, tail=tail, last=end.last + 1, oldest=record["time"] if end.oldest is None else end.oldest
    )


def with_early(end: End, offset: int) -> End:
    return replace(end, early=offset if end.early is None else min(end.early, offset))
