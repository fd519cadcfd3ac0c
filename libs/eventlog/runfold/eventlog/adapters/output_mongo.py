"""Output in MongoDB, by nothing but unique ids, equality and `$in` on them, and two small filters.

An attempt's records are the documents `<attempt>:1`, `<attempt>:2`, …: offsets and times grow with the number, so a
place is found by bisection. A second writer takes a number only once: who comes too late reads again and trims.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from runfold.contracts.executor import OutputChunk
from runfold.contracts.values import Micros
from runfold.eventlog.adapters.mongo_documents import Database, Document, Documents, Taken
from runfold.eventlog.adapters.output_mongo_ends import (
    PROBE,
    End,
    advanced,
    as_written,
    early_document,
    end_of,
    fields_of,
    ids_of,
    passed,
    record_documents,
    with_early,
)
from runfold.eventlog.arrivals import Arrivals
from runfold.eventlog.output import (
    PAGE_BYTES,
    STEP_RECORDS,
    OutputPage,
    OutputQuery,
    OutputRecord,
    OutputSlice,
)
from runfold.eventlog.output_rules import (
    EARLIEST,
    LATEST,
    Placed,
    by_attempt,
    fill_page,
    fill_slice,
    place,
    room,
    window,
)
from runfold.eventlog.port import Unavailable

GROUP = 256  #: records that one command names when they are read by offset
DUE = 16  #: early chunks placed at once
KNOWN = 10_000  #: attempts whose ends are remembered
RACES = 8  #: lost to other writers before giving up


class MongoOutputStore:
    """Appends one after the other; what it remembers of ends is dropped whenever a write fails."""

    def __init__(self, database: Database) -> None:
        self._records = Documents(database, "output_records")
        self._ends = Documents(database, "output_ends")
        self._early = Documents(database, "output_early")
        self._known: OrderedDict[str, End] = OrderedDict()
        self._writing = asyncio.Lock()
        self._arrivals = Arrivals()

    async def prepare(self) -> None:
        await self._records.make()
        await self._ends.make([("oldest", 1)])
        await self._early.make([("attempt", 1)])

    async def append(self, chunks: Sequence[OutputChunk]) -> dict[str, int]:
        grouped = by_attempt(chunks)
        async with self._writing:
            for _ in range(RACES):
                try:
                    stored = await self._append(grouped)
                except BaseException as error:
                    self._forget(grouped)
                    if not isinstance(error, Taken):
                        raise
                else:
                    self._arrivals.announce(stored)
                    return stored
        raise Unavailable("other writers of the same output are always faster")

    async def poll(self, attempt_id: str, query: OutputQuery) -> OutputPage:
        after, before = window(query)
        end = await self._end(attempt_id)
        first, last = end.first, end.last + 1
        if after > EARLIEST:
            first = await self._bisect(attempt_id, first, last, lambda record: record["time"] > after)
        if before < LATEST:
            last = await self._bisect(attempt_id, first, last, lambda record: record["time"] >= before)
        numbers = range(last - 1, first - 1, -1) if query.descending else range(first, last)
        return fill_page(await self._load(attempt_id, numbers[: room(query) + 1]), room(query))

    async def read_from(self, attempt_id: str, offset: int, *, wait: float = 0.0) -> OutputSlice:
        if wait > 0:
            await self._arrivals.beyond(attempt_id, offset, wait, self.stored)
        end = await self._end(attempt_id)
        if offset >= end.tail.stored:
            return OutputSlice(offset, b"")
        beyond = await self._bisect(
            attempt_id, end.first, end.last + 1, lambda record: record["offset"] > offset
        )
        numbers = range(max(end.first, beyond - 1), end.last + 1)
        return fill_slice(offset, await self._load(attempt_id, numbers[:GROUP]))

    async def stored(self, attempt_id: str) -> int:
        return (await self._end(attempt_id)).tail.stored

    async def delete_before(self, time: Micros) -> int | None:
        expired = await self._ends.find({"oldest": {"$lt": time}}, fields=["_id"], limit=1)
        if not expired:
            return None
        async with self._writing:
            return await self._expire(expired[0]["_id"], time)

    async def close(self) -> None:
        """The connection belongs to whoever made the database."""

    async def _append(self, chunks: dict[str, list[OutputChunk]]) -> dict[str, int]:
        ends = dict(zip(chunks, await asyncio.gather(*map(self._remembered, chunks)), strict=True))
        placed = {attempt_id: place(ends[attempt_id].tail, own) for attempt_id, own in chunks.items()}
        if early := [early_document(chunk) for result in placed.values() for chunk in result.early]:
            await self._early.ensure(early)
        await self._write(ends, placed)
        for attempt_id, result in placed.items():
            if offsets := [chunk.offset for chunk in result.early]:
                ends[attempt_id] = with_early(ends[attempt_id], min(offsets))
            ends[attempt_id] = await self._place_early(attempt_id, ends[attempt_id])
        for attempt_id, end in ends.items():
            self._remember(attempt_id, end)
        return {attempt_id: end.tail.stored for attempt_id, end in ends.items()}

    async def _write(self, ends: dict[str, End], placed: dict[str, Placed]) -> None:
        """Inserts the records of all in one command, and moves `ends` along."""
        documents = [
            document
            for attempt_id, result in placed.items()
            for document in record_documents(attempt_id, ends[attempt_id].last, result.records)
        ]
        if documents:
            await self._records.insert(documents)
        for attempt_id, result in placed.items():
            ends[attempt_id] = advanced(ends[attempt_id], result)
        await self._write_ends(ends)

    async def _write_ends(self, ends: dict[str, End]) -> None:
        """Those that are overdue."""
        overdue = {attempt_id: end for attempt_id, end in ends.items() if end.overdue}
        if new := [{"_id": key, **fields_of(end)} for key, end in overdue.items() if not end.exists]:
            await self._ends.ensure(new)
        if known := {key: fields_of(end) for key, end in overdue.items() if end.exists}:
            await self._ends.put(known)
        ends.update({attempt_id: as_written(end) for attempt_id, end in overdue.items()})

    async def _place_early(self, attempt_id: str, end: End) -> End:
        """Moves what a filled gap leaves to be placed; after a crash what filled it comes again, so this does too."""
        while end.early is not None and end.early <= end.tail.stored:
            found = await self._early.find(
                {"attempt": attempt_id, "offset": {"$lte": end.tail.stored}}, order=[("offset", 1)], limit=DUE
            )
            chunks = [OutputChunk(attempt_id, one["offset"], one["time"], one["data"]) for one in found]
            ends = {attempt_id: end}
            await self._write(ends, {attempt_id: place(end.tail, chunks)})
            await self._early.delete({"_id": {"$in": [one["_id"] for one in found]}})
            end = replace(ends[attempt_id], early=await self._lowest_early(attempt_id))
        return end

    async def _lowest_early(self, attempt_id: str) -> int | None:
        found = await self._early.find(
            {"attempt": attempt_id}, fields=["offset"], order=[("offset", 1)], limit=1
        )
        return found[0]["offset"] if found else None

    async def _remembered(self, attempt_id: str) -> End:
        """For appending: a remembered end that is out of date shows by a number that is taken."""
        return self._known.get(attempt_id) or replace(
            await self._end(attempt_id), early=await self._lowest_early(attempt_id)
        )

    async def _end(self, attempt_id: str) -> End:
        """The end as it is now: as it was last known, and what was inserted since."""
        end = self._known.get(attempt_id) or await self._written_end(attempt_id)
        while True:
            ids = ids_of(attempt_id, range(end.last + 1, end.last + 1 + PROBE))
            found = await self._find(ids, "offset", "size", "time")
            for key, one in zip(ids, found, strict=False):
                # Documents are read one by one: a later one may be seen without an earlier one that came meanwhile.
                if key != one["_id"]:
                    return end
                end = passed(end, one)
            if len(found) < PROBE:
                return end

    async def _written_end(self, attempt_id: str) -> End:
        found = await self._ends.find({"_id": attempt_id})
        return end_of(found[0]) if found else End()

    async def _expire(self, attempt_id: str, time: Micros) -> int:
        """The end is written first: records that it doesn't count may not go, or their numbers would come again."""
        end = await self._end(attempt_id)
        self._forget([attempt_id])
        await self._ends.put({attempt_id: fields_of(end)})
        cut = await self._bisect(attempt_id, end.first, end.last + 1, lambda record: record["time"] >= time)
        cut = min(cut, end.first + STEP_RECORDS)
        freed = await self._drop(ids_of(attempt_id, range(end.first, cut)))
        kept = await self._find(ids_of(attempt_id, range(cut, cut + 1)), "time")
        await self._ends.put({attempt_id: {"first": cut, "oldest": kept[0]["time"] if kept else None}})
        return freed

    async def _drop(self, ids: list[str]) -> int:
        freed: int = sum(one["size"] for one in await self._find(ids, "size"))
        await self._records.delete({"_id": {"$in": ids}})
        return freed

    async def _bisect(
        self, attempt_id: str, first: int, end: int, reached: Callable[[Document], bool]
    ) -> int:
        """The first number from which on `reached` holds, `end` if none; a record that is gone hasn't reached it."""
        while first < end:
            middle = (first + end) // 2
            found = await self._find(ids_of(attempt_id, range(middle, middle + 1)), "offset", "time")
            if found and reached(found[0]):
                end = middle
            else:
                first = middle + 1
        return first

    async def _load(self, attempt_id: str, numbers: range) -> list[OutputRecord]:
        """The records of these, in their order, up to the first that a page has no room for."""
        size, fitting = 0, []
        for one in await self._find(ids_of(attempt_id, numbers), "size"):
            fitting.append(one["_id"])
            if size >= PAGE_BYTES:
                break
            size += one["size"]
        found = await self._find(fitting, "offset", "time", "data")
        return [OutputRecord(one["offset"], one["time"], one["data"]) for one in found]

    async def _find(self, ids: list[str], *fields: str) -> list[Document]:
        """Those of these records that exist, in the order of `ids`."""
        if not ids:
            return []
        found = {one["_id"]: one for one in await self._records.find({"_id": {"$in": ids}}, fields=fields)}
        return [found[key] for key in ids if key in found]

    def _remember(self, attempt_id: str, end: End) -> None:
        self._known[attempt_id] = end
        self._known.move_to_end(attempt_id)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def _forget(self, attempt_ids: Sequence[str] | dict[str, list[OutputChunk]]) -> None:
        for attempt_id in attempt_ids:
            self._known.pop(attempt_id, None)
