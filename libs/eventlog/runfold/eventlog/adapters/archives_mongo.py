"""Archives in MongoDB, one document each."""

from runfold.eventlog.adapters.mongo_documents import Database, Documents
from runfold.eventlog.archives import Archive


class MongoArchives:
    def __init__(self, database: Database) -> None:
        self._archives = Documents(database, "archives")

    async def get(self, archive_id: str) -> Archive | None:
        found = await self._archives.find({"_id": archive_id})
        return Archive(archive_id, found[0]["owner"], bytes(found[0]["data"])) if found else None

    async def keep(self, archive: Archive) -> None:
        await self._archives.ensure([{"_id": archive.id, "owner": archive.owner, "data": archive.data}])

    async def prepare(self) -> None:
        await self._archives.make()

    async def close(self) -> None:
        """The connection belongs to whoever made the database."""
