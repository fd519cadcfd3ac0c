"""A MongoDB collection as the small stores use it: majority writes and reads, and two kinds of failure."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeAlias, TypeVar

from bson.int64 import Int64
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ReadPreference, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from runfold.eventlog.port import Unavailable
from runfold.ports.backoff import Backoff

_log = logging.getLogger(__name__)

T = TypeVar("T")
Document = dict[str, Any]
#: Fields, each with 1 or, for descending, -1.
Order = Sequence[tuple[str, int]]
Database: TypeAlias = "AsyncIOMotorDatabase[Document]"

DUPLICATE_KEY = 11000
NAMESPACE_EXISTS = 48
MAJORITY_MS = 5_000  #: for a majority to have it in its journal
CONNECT_MS = 2_000  #: for a server to be found
ANSWER = 10.0  #: seconds for any one question, whatever the driver thinks


class Exists(Exception):
    """There is a collection of this name already."""


class Taken(Exception):
    """A document stands under one of these ids already; those before it may have been inserted."""


def connect(url: str, database: str) -> Database:
    """Connects when first used; a server that is away is noticed in bounded time."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        url,
        retryWrites=False,
        serverSelectionTimeoutMS=CONNECT_MS,
        connectTimeoutMS=CONNECT_MS,
        socketTimeoutMS=int(ANSWER * 1000),
    )
    return client[database]


class Prepared(Protocol):
    async def prepare(self) -> None:
        """Makes collections and indexes where they aren't there yet; raises Unavailable."""


async def prepare(stores: Sequence[Prepared], pauses: Backoff) -> None:
    """However long the database takes. Done before anything is written, since a server that dies while it makes a
    collection for a first document may be left with half of it."""
    for store in stores:
        while True:
            try:
                await store.prepare()
                break
            except Unavailable as error:
                _log.warning("the database doesn't answer yet: %s", error)
                await pauses.wait()


class Documents:
    """One collection. Every method raises Unavailable when the outcome is open or the server away."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self._collection: AsyncIOMotorCollection[Document] = database.get_collection(
            name,
            read_preference=ReadPreference.PRIMARY,
            write_concern=WriteConcern(w="majority", j=True, wtimeout=MAJORITY_MS),
            read_concern=ReadConcern("majority"),
        )

    async def make(self, *indexes: Order) -> None:
        """The collection and its indexes, where they aren't there yet."""
        with suppress(Exists):
            await _answered(self._database.create_collection(self._name, check_exists=False))
        for index in indexes:
            await _answered(self._collection.create_index(list(index)))

    async def insert(self, documents: list[Document]) -> None:
        """In their order, up to the first that is Taken."""
        await _answered(self._collection.insert_many(documents, ordered=True))

    async def ensure(self, documents: list[Document]) -> bool:
        """Inserts those whose id isn't taken; False where one is."""
        try:
            await _answered(self._collection.insert_many(documents, ordered=False))
        except Taken:
            return False
        return True

    async def find(
        self,
        where: Mapping[str, Any],
        *,
        fields: Iterable[str] | None = None,
        order: Order = (),
        limit: int = 0,
        skip: int = 0,
    ) -> list[Document]:
        cursor = self._collection.find(where, dict.fromkeys(fields, 1) if fields else None)
        cursor = cursor.skip(skip).limit(limit)
        if order:
            cursor = cursor.sort(list(order))
        return [_plain(document) for document in await _answered(cursor.to_list(None))]

    async def put(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Sets fields of the documents named by id, where they exist: two writers that make one would be in doubt."""
        updates = [UpdateOne({"_id": key}, {"$set": fields}) for key, fields in changes.items()]
        await _answered(self._collection.bulk_write(updates, ordered=False))

    async def advance(self, changes: Mapping[str, Mapping[str, Any]], by: str) -> None:
        """As `put`, where field `by` is less than what it is set to."""
        updates = [
            UpdateOne({"_id": key, by: {"$lt": fields[by]}}, {"$set": fields})
            for key, fields in changes.items()
        ]
        await _answered(self._collection.bulk_write(updates, ordered=False))

    async def change(self, where: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
        """Sets fields of the one document that matches, and tells whether one did."""
        result = await _answered(self._collection.update_one(where, {"$set": fields}))
        return bool(result.matched_count)

    async def delete(self, where: Mapping[str, Any]) -> None:
        await _answered(self._collection.delete_many(where))


async def names(database: Database, pattern: str) -> list[str]:
    """Of the collections that there are and match; raises Unavailable."""
    found = await _answered(database.list_collection_names())
    return sorted(name for name in found if re.search(pattern, name))


async def drop(database: Database, name: str) -> None:
    """A whole collection; raises Unavailable."""
    await _answered(database.drop_collection(name))


async def _answered(question: Awaitable[T]) -> T:
    """Within bounded time; raises Taken, Exists and Unavailable."""
    try:
        async with asyncio.timeout(ANSWER):
            return await question
    except BulkWriteError as error:
        if _only_duplicates(error):
            raise Taken from error
        raise Unavailable(f"MongoDB: {error}") from error
    except (PyMongoError, TimeoutError) as error:
        if isinstance(error, OperationFailure) and error.code == NAMESPACE_EXISTS:
            raise Exists from error
        raise Unavailable(f"MongoDB: {type(error).__name__} {error}") from error


def _plain(document: Document) -> Document:
    """With Python's own integers: BSON's large ones are of a class that encoders don't know."""
    return {key: int(value) if isinstance(value, Int64) else value for key, value in document.items()}


def _only_duplicates(error: BulkWriteError) -> bool:
    details: Mapping[str, Any] = error.details or {}
    failures = details.get("writeErrors") or []
    duplicates = bool(failures) and all(failure.get("code") == DUPLICATE_KEY for failure in failures)
    return duplicates and not details.get("writeConcernErrors")
