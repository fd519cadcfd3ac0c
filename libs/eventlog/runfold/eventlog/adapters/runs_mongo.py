"""Rows in MongoDB: two collections for each generation, which are dropped with it, and one document that names them.

Whoever reads looks before and after which generation is active: one that was dropped meanwhile reads as empty.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from runfold.eventlog.adapters.mongo_documents import Database, Document, Documents, Taken, drop, names
from runfold.eventlog.port import Unavailable
from runfold.eventlog.runs import Generations, RowDeletion, RunPage, RunQuery, RunRow
from runfold.eventlog.runs_order import fitting, room
from runfold.eventlog.runs_wire import decode_generations, encode_generations

T = TypeVar("T")

_ONE = "generations"
#: Times that a generation may be replaced under one read before it is given up.
_TRIES = 3
_ORDER = (("submitted_at", -1), ("_id", 1))


class MongoRunStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._generations = Documents(database, "run_generations")
        self._made: dict[int, None] = {}  #: generations whose collections are there

    async def prepare(self) -> None:
        await self._generations.make()

    async def generations(self) -> Generations:
        found = await self._generations.find({"_id": _ONE})
        return decode_generations(found[0]["state"]) if found else Generations()

    async def get(self, run_id: str) -> RunRow | None:
        return await self._read(lambda number: self._row(number, run_id), None)

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        async def find(number: int) -> RunRow | None:
            found = await self._attempts(number).find({"_id": attempt_id})
            return await self._row(number, found[0]["run"]) if found else None

        return await self._read(find, None)

    async def page(self, query: RunQuery) -> RunPage:
        return await self._read(lambda number: self._page(number, query), RunPage())

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        await self._make(generation)
        runs = self._runs(generation)
        if rows:
            if not await runs.ensure([_document(row) for row in rows]):
                await runs.advance({row.id: _fields(row) for row in rows}, "position")
            attempts = [{"_id": id_, "run": row.id} for row in rows for id_ in row.attempts]
            if attempts:
                await self._attempts(generation).ensure(attempts)
        if deletions:
            gone = {
                each.id: {"position": each.position, "deleted": True, "deleted_at": each.time}
                for each in deletions
            }
            await runs.advance(gone, "position")

    async def replace(self, generations: Generations) -> bool:
        fields = {"revision": generations.revision, "state": encode_generations(generations)}
        if generations.revision > 1:
            return await self._generations.change({"_id": _ONE, "revision": generations.revision - 1}, fields)
        try:
            await self._generations.insert([{"_id": _ONE, **fields}])
        except Taken:
            return False
        return True

    async def sweep(self) -> bool:
        """Whole collections at once, which costs a database no more than a few documents."""
        kept = (await self.generations()).numbers
        gone = [
            name
            for name in await names(self._database, r"^run_(rows|attempts)_\d+$")
            if _number(name) not in kept
        ]
        if gone:
            await drop(self._database, gone[0])
            self._made.pop(_number(gone[0]), None)
        return bool(gone)

    async def close(self) -> None:
        """The connection belongs to whoever made the database."""

    async def _read(self, read: Callable[[int], Awaitable[T]], nothing: T) -> T:
        before = (await self.generations()).active
        for _ in range(_TRIES):
            found = nothing if before is None else await read(before.number)
            after = (await self.generations()).active
            if before is after or (
                before is not None and after is not None and before.number == after.number
            ):
                return found
            before = after
        raise Unavailable("generations of runs are replaced all the time")

    async def _row(self, number: int, run_id: str) -> RunRow | None:
        found = await self._runs(number).find({"_id": run_id})
        return _row_of(found[0]) if found else None

    async def _page(self, number: int, query: RunQuery) -> RunPage:
        runs = self._runs(number)
        order = [(name, -way if query.ascending else way) for name, way in _ORDER]
        found = await runs.find(_where(query), fields=["size"], order=order, limit=room(query) + 1)
        taken = list(fitting((each["_id"], each["size"]) for each in found[: room(query)]))
        whole = {each["_id"]: each for each in await runs.find({"_id": {"$in": taken}})} if taken else {}
        rows = tuple(_row_of(whole[run_id]) for run_id in taken if run_id in whole)
        return RunPage(rows, len(taken) < len(found))

    async def _make(self, generation: int) -> None:
        if generation not in self._made:
            await self._runs(generation).make(
                [("project_id", 1), *_ORDER], [("project_id", 1), ("user_id", 1), *_ORDER]
            )
            await self._attempts(generation).make()
            self._made[generation] = None

    def _runs(self, number: int) -> Documents:
        return Documents(self._database, f"run_rows_{number}")

    def _attempts(self, number: int) -> Documents:
        return Documents(self._database, f"run_attempts_{number}")


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])


def _where(query: RunQuery) -> dict[str, Any]:
    where: dict[str, Any] = {"project_id": {"$in": list(query.projects)}, "deleted": False}
    if query.user_id is not None:
        where["user_id"] = query.user_id
    if query.time is not None:
        later, beyond = ("$gt", "$lt") if query.ascending else ("$lt", "$gt")
        where["submitted_at"] = {later: query.time}
        if query.id is not None:
            del where["submitted_at"]
            same = {"submitted_at": query.time, "_id": {beyond: query.id}}
            where["$or"] = [{"submitted_at": {later: query.time}}, same]
    return where


def _document(row: RunRow) -> Document:
    return {"_id": row.id, **_fields(row)}


def _fields(row: RunRow) -> Document:
    return {
        "project_id": row.project_id,
        "user_id": row.user_id,
        "submitted_at": row.submitted_at,
        "position": row.position,
        "version": row.version,
        "state": row.state,
        "size": len(row.state),
        "attempts": list(row.attempts),
        "deleted": row.deleted_at is not None,
        "deleted_at": row.deleted_at,
    }


def _row_of(found: Document) -> RunRow:
    return RunRow(
        found["_id"],
        found["project_id"],
        found["user_id"],
        found["submitted_at"],
        found["position"],
        found["version"],
        bytes(found["state"]),
        tuple(found["attempts"]),
        found["deleted_at"],
    )
