"""Keys in a SQLite file of their own, from which a deleted one is gone: overwritten, and not left in the WAL."""

import sqlite3
from pathlib import Path

from runfold.eventlog.adapters.sqlite_worker import SqliteWorker

_SCHEMA = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
"""
_GET = "SELECT wrapped FROM keys WHERE name = ?"
_CREATE = "INSERT INTO keys (name, wrapped) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"


class SqliteKeyStore:
    def __init__(self, path: Path) -> None:
        # Each statement commits by itself: a checkpoint can't run within a transaction.
        self._worker = SqliteWorker(path, _SCHEMA, "keys-sqlite", reading=True)

    async def get(self, name: str) -> bytes | None:
        return await self._worker.run(lambda connection: _standing(connection, name))

    async def create(self, name: str, wrapped: bytes) -> bytes:
        def job(connection: sqlite3.Connection) -> bytes:
            connection.execute(_CREATE, (name, wrapped))
            return _standing(connection, name) or wrapped

        return await self._worker.run(job)

    async def delete(self, name: str) -> None:
        def job(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM keys WHERE name = ?", (name,))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        await self._worker.run(job)

    async def close(self) -> None:
        await self._worker.close()


def _standing(connection: sqlite3.Connection, name: str) -> bytes | None:
    row = connection.execute(_GET, (name,)).fetchone()
    return row[0] if row else None
