"""Keys in MongoDB, one document each."""

from runfold.eventlog.adapters.mongo_documents import Database, Documents, Taken
from runfold.eventlog.port import Unavailable


class MongoKeyStore:
    """The unique id decides between two who create the same key at once."""

    def __init__(self, database: Database) -> None:
        self._keys = Documents(database, "keys")

    async def get(self, name: str) -> bytes | None:
        found = await self._keys.find({"_id": name})
        return bytes(found[0]["wrapped"]) if found else None

    async def create(self, name: str, wrapped: bytes) -> bytes:
        try:
            await self._keys.insert([{"_id": name, "wrapped": wrapped}])
        except Taken:
            return await self._other(name)
        return wrapped

    async def _other(self, name: str) -> bytes:
        standing = await self.get(name)
        if standing is None:
            raise Unavailable(f"key {name} was deleted while it was made")
        return standing

    async def delete(self, name: str) -> None:
        await self._keys.delete({"_id": name})

    async def prepare(self) -> None:
        await self._keys.make()

    async def close(self) -> None:
        """The connection belongs to whoever made the database."""
