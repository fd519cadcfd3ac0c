"""Output that ends with the process: for tests and the simulation."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from runfold.contracts.executor import OutputChunk
from runfold.contracts.values import Micros
from runfold.eventlog.arrivals import Arrivals
from runfold.eventlog.output import STEP_RECORDS, OutputPage, OutputQuery, OutputRecord, OutputSlice
from runfold.eventlog.output_rules import Tail, by_attempt, fill_page, fill_slice, place, room, window
from runfold.eventlog.port import Unavailable

_time = attrgetter("time")
_offset = attrgetter("offset")


@dataclass(slots=True)
class _Output:
    tail: Tail = field(default_factory=Tail)
    records: list[OutputRecord] = field(default_factory=list)
    early: list[OutputChunk] = field(default_factory=list)


class MemoryOutputStore:
    """The in-memory twin; while `refusing` is set every call raises Unavailable, as a store that is away does."""

    def __init__(self) -> None:
        self.refusing = False
        self._outputs: dict[str, _Output] = {}
        self._arrivals = Arrivals()

    async def append(self, chunks: Sequence[OutputChunk]) -> dict[str, int]:
        self._check()
        stored = {attempt_id: self._place(attempt_id, own) for attempt_id, own in by_attempt(chunks).items()}
        self._arrivals.announce(stored)
        return stored

    def _place(self, attempt_id: str, chunks: list[OutputChunk]) -> int:
        output = self._outputs.setdefault(attempt_id, _Output())
        placed = place(output.tail, output.early + chunks)
        output.tail, output.early = placed.tail, placed.early
        output.records += placed.records
        return output.tail.stored

    async def poll(self, attempt_id: str, query: OutputQuery) -> OutputPage:
        self._check()
        after, before = window(query)
        records = self._output(attempt_id).records
        first, end = bisect_right(records, after, key=_time), bisect_left(records, before, key=_time)
        numbers = range(end - 1, first - 1, -1) if query.descending else range(first, end)
        return fill_page((records[number] for number in numbers), room(query))

    async def read_from(self, attempt_id: str, offset: int, *, wait: float = 0.0) -> OutputSlice:
        if wait > 0:
            await self._arrivals.beyond(attempt_id, offset, wait, self.stored)
        self._check()
        return fill_slice(offset, self._holding(attempt_id, offset))

    def _holding(self, attempt_id: str, offset: int) -> Iterator[OutputRecord]:
        output = self._output(attempt_id)
        if offset < output.tail.stored:
            number = max(0, bisect_right(output.records, offset, key=_offset) - 1)
            yield from (output.records[index] for index in range(number, len(output.records)))

    async def stored(self, attempt_id: str) -> int:
        self._check()
        return self._output(attempt_id).tail.stored

    async def delete_before(self, time: Micros) -> int | None:
        self._check()
        old = (
            output for output in self._outputs.values() if output.records and output.records[0].time < time
        )
        first = next(old, None)
        return None if first is None else self._drop(first, time)

    def _drop(self, output: _Output, time: Micros) -> int:
        count = min(bisect_left(output.records, time, key=_time), STEP_RECORDS)
        freed = sum(len(record.data) for record in output.records[:count])
        del output.records[:count]
        return freed

    async def close(self) -> None:
        pass

    def _output(self, attempt_id: str) -> _Output:
        return self._outputs.get(attempt_id) or _Output()

    def _check(self) -> None:
        if self.refusing:
            raise Unavailable("the output store refuses")
