"""Commits in a MongoDB collection: majority inserts, majority reads on the primary, nothing but numbers asked for."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import ReadPreference
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.monitoring import CommandListener
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.adapters.rows import commit_from, outline_of
from runfold.eventlog.port import NumberTaken, Unavailable
from runfold.eventlog.tail import READ_BYTES

T = TypeVar("T")
Document = dict[str, Any]

#: Milliseconds for a server to be found, a connection, and a majority's word.
_FIND_MS, _CONNECT_MS, _MAJORITY_MS = 2_000, 2_000, 3_000
#: Seconds for any one question, whatever the driver thinks.
_ANSWER = 5.0
#: Commits asked for at once: each may have 4 MiB.
_BLOCK = 32
_OUTLINE_BLOCK = 512
_WITHOUT_BODY = {"body": 0}
#: Numbers asked for at once while the head is looked for.
_PROBES = 16
_DOUBLINGS = 40


class MongoStore:
    """A CommitStore in one collection. A number is `_id`; numbers have no gaps, so equality and `$in` are enough."""

    def __init__(self, client: "AsyncIOMotorClient[Document]", database: str) -> None:
        self._client, self.database = client, database
        self._commits: AsyncIOMotorCollection[Document] = client[database].get_collection(
            "commits",
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern(w="majority", j=True, wtimeout=_MAJORITY_MS),
        )
        #: The highest number known to be there: where the next look for the head begins.
        self._known = 0

    @classmethod
    def connect(cls, url: str, database: str, *, listeners: Sequence[CommandListener] = ()) -> "MongoStore":
        return cls(client_of(url, listeners), database)

    async def insert(self, commit: CommitRecord) -> None:
        document = {
            "_id": commit.number,
            "first": commit.first,
            "count": commit.count,
            "time": commit.time,
            "log_id": commit.log_id,
            "outline": outline_of(commit),
            "body": bytes(commit.body),
        }
        await _answered(self._commits.insert_one(document))
        self._known = max(self._known, commit.number)

    async def read(self, after: int, limit: int) -> list[CommitRecord]:
        return await self._in_blocks(after, limit, _BLOCK, None)

    async def outline(self, after: int, limit: int) -> list[CommitRecord]:
        return await self._in_blocks(after, limit, _OUTLINE_BLOCK, _WITHOUT_BODY)

    async def last(self) -> CommitRecord | None:
        number = await self._head()
        return (await self._find(range(number, number + 1), None))[0] if number else None

    async def close(self) -> None:
        self._client.close()

    async def _in_blocks(
        self, after: int, limit: int, block: int, projection: Document | None
    ) -> list[CommitRecord]:
        found: list[CommitRecord] = []
        size = 0
        while len(found) < limit and size < READ_BYTES:
            start = after + len(found) + 1
            wanted = range(start, start + min(block, limit - len(found)))
            records = _without_gap(await self._find(wanted, projection), start)
            found += records
            size += sum(len(bytes(record.body)) for record in records)
            if len(records) < len(wanted):
                break
        return found

    async def _head(self) -> int:
        """The highest number, by doubling and bisection: present ones have no gap, so one query tries many.

        Mostly it is the one that is known, which one look for the next tells, and a stand-in for MongoDB finds at once.
        """
        if self._known and not await self._present([self._known + 1]):
            return self._known
        doublings = [self._known + 2**i for i in range(_DOUBLINGS)]
        low, high = await self._narrowed(self._known, doublings[-1], doublings)
        while high - low > 1:
            step = max(1, (high - low) // _PROBES)
            low, high = await self._narrowed(low, high, list(range(low + step, high, step)))
        self._known = max(self._known, low)
        return low

    async def _narrowed(self, low: int, high: int, probes: list[int]) -> tuple[int, int]:
        """The highest of `low` and `probes` that is there, and the lowest of `probes` and `high` that isn't."""
        low = max(await self._present(probes), default=low)
        return low, next((number for number in probes if number > low), high)

    async def _present(self, numbers: list[int]) -> set[int]:
        wanted: Any = numbers[0] if len(numbers) == 1 else {"$in": numbers}
        query = self._commits.find({"_id": wanted}, {"_id": 1})
        return {document["_id"] for document in await _answered(query.to_list(None))}

    async def _find(self, numbers: range, projection: Document | None) -> list[CommitRecord]:
        query = self._commits.find({"_id": _one_of(numbers)}, projection)
        documents = await _answered(query.to_list(None))
        return [_record(document) for document in sorted(documents, key=lambda d: int(d["_id"]))]


def _one_of(numbers: range) -> Any:
    """One alone is asked for as it is, as every look for news does: stand-ins for MongoDB scan for `$in`."""
    return numbers[0] if len(numbers) == 1 else {"$in": list(numbers)}


def client_of(url: str, listeners: Sequence[CommandListener] = ()) -> "AsyncIOMotorClient[Document]":
    """Whatever `url` says, the driver repeats no write: the writer does, which knows what is in doubt."""
    return AsyncIOMotorClient(
        url,
        retryWrites=False,
        serverSelectionTimeoutMS=_FIND_MS,
        connectTimeoutMS=_CONNECT_MS,
        socketTimeoutMS=int(_ANSWER * 1000),
        event_listeners=list(listeners),
    )


async def _answered(question: Awaitable[T]) -> T:
    """Within bounded time; raises NumberTaken and Unavailable."""
    try:
        async with asyncio.timeout(_ANSWER):
            return await question
    except DuplicateKeyError as error:
        raise NumberTaken(str(error)) from error
    except (PyMongoError, TimeoutError) as error:
        raise Unavailable(f"MongoDB: {str(error) or type(error).__name__}") from error


def _without_gap(records: list[CommitRecord], start: int) -> list[CommitRecord]:
    """Documents are read one by one: a later one may be there and an earlier one have come just after the look."""
    return [record for i, record in enumerate(records) if record.number == start + i]


def _record(document: Document) -> CommitRecord:
    # BSON's large integers are of a class that encoders don't know.
    return commit_from(
        int(document["_id"]),
        int(document["first"]),
        int(document["count"]),
        int(document["time"]),
        document["log_id"],
        document["outline"],
        document.get("body"),
    )
