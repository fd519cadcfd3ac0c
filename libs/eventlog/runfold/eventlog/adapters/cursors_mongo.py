"""Cursors in MongoDB."""

from runfold.eventlog.adapters.mongo_documents import Database, Documents, Taken


class MongoCursorStore:
    """One document a cursor; it is changed only where it is smaller, so two writers can't take it back."""

    def __init__(self, database: Database) -> None:
        self._cursors = Documents(database, "cursors")

    async def get(self, name: str) -> int:
        return await self._standing(name) or 0

    async def put(self, name: str, value: int) -> None:
        while (standing := await self._standing(name)) is None or standing < value:
            if await self._raise(name, standing, value):
                return

    async def _standing(self, name: str) -> int | None:
        found = await self._cursors.find({"_id": name})
        return int(found[0]["value"]) if found else None

    async def _raise(self, name: str, standing: int | None, value: int) -> bool:
        """False when another writer came in between."""
        if standing is not None:
            return await self._cursors.change({"_id": name, "value": standing}, {"value": value})
        try:
            await self._cursors.insert([{"_id": name, "value": value}])
        except Taken:
            return False
        return True

    async def prepare(self) -> None:
        await self._cursors.make()

    async def close(self) -> None:
        """The connection belongs to whoever made the database."""
