"""Archives in a SQLite file of their own."""

import sqlite3
from pathlib import Path

from runfold.eventlog.adapters.sqlite_worker import SqliteWorker
from runfold.eventlog.archives import Archive

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS archives (id TEXT PRIMARY KEY, owner TEXT NOT NULL, data BLOB NOT NULL);"
)
_PUT = "INSERT INTO archives (id, owner, data) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"


class SqliteArchives:
    def __init__(self, path: Path) -> None:
        self._worker = SqliteWorker(path, _SCHEMA, "archives-sqlite", reading=True)

    async def get(self, archive_id: str) -> Archive | None:
        def job(connection: sqlite3.Connection) -> Archive | None:
            found = connection.execute(
                "SELECT owner, data FROM archives WHERE id = ?", (archive_id,)
            ).fetchone()
            return Archive(archive_id, found[0], found[1]) if found else None

        return await self._worker.run(job)

    async def keep(self, archive: Archive) -> None:
        def job(connection: sqlite3.Connection) -> None:
            connection.execute(_PUT, (archive.id, archive.owner, archive.data))

        await self._worker.run(job)

    async def close(self) -> None:
        await self._worker.close()
