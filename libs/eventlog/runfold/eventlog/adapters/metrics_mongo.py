"""Samples in MongoDB."""

from collections.abc import Sequence
from typing import Any

import msgspec

from runfold.contracts.metrics import Sample
from runfold.contracts.values import Micros
from runfold.eventlog.adapters.mongo_documents import Database, Document, Documents
from runfold.eventlog.metrics import KEPT, LATEST

#: Attempts whose additions are counted.
_COUNTED = 10_000
_NEWEST = (("_id", -1),)


class MongoMetricsStore:
    """One document a sample, under the attempt and the time with all its digits, so that ids sort as times do."""

    def __init__(self, database: Database, kept: int = KEPT) -> None:
        self._samples = Documents(database, "metrics")
        self._kept = kept
        self._added: dict[str, int] = {}

    async def add(self, samples: Sequence[Sample]) -> None:
        if not samples:
            return
        await self._samples.ensure([_document(sample) for sample in samples])
        for sample in samples:
            if self._full(sample.attempt_id):
                await self._trim(sample.attempt_id)

    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        if limit <= 0:  # which would mean all of them
            return ()
        where = _between(attempt_id, after, before)
        found = await self._samples.find(where, order=_NEWEST, limit=limit)
        return tuple(msgspec.convert(document, Sample) for document in found)

    async def prepare(self) -> None:
        await self._samples.make([("time", 1)])

    async def delete_before(self, time: Micros, limit: int) -> int:
        old = await self._samples.find({"time": {"$lt": time}}, fields=["_id"], limit=limit)
        if old:
            await self._samples.delete({"_id": {"$in": [each["_id"] for each in old]}})
        return len(old)

    async def close(self) -> None:
        """The connection belongs to whoever made the database."""

    def _full(self, attempt_id: str) -> bool:
        """Now and then: counting in the database at each addition would cost more than a few samples too many."""
        if len(self._added) > _COUNTED:
            self._added.clear()
        added = self._added.get(attempt_id, 0) + 1
        full = added > self._kept // 8
        self._added[attempt_id] = 0 if full else added
        return full

    async def _trim(self, attempt_id: str) -> None:
        surplus = await self._samples.find(
            _between(attempt_id, -1, LATEST),
            fields=["time"],
            order=_NEWEST,
            limit=1,
            skip=self._kept,
        )
        if surplus:
            await self._samples.delete(_between(attempt_id, -1, surplus[0]["time"] + 1))


def _document(sample: Sample) -> Document:
    return {"_id": _id(sample.attempt_id, sample.time), **msgspec.to_builtins(sample)}


def _between(attempt_id: str, after: int, before: int) -> dict[str, Any]:
    """Both excluded. The attempt is asked for as well: the names of others may begin as this one."""
    bounds = {"$gte": _id(attempt_id, after + 1), "$lt": _id(attempt_id, before)}
    return {"_id": bounds, "attempt_id": attempt_id}


def _id(attempt_id: str, time: int) -> str:
    return f"{attempt_id}/{min(max(time, 0), LATEST):019}"
