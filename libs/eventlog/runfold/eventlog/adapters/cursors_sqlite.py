"""Cursors in a SQLite file."""

from pathlib import Path

from runfold.eventlog.adapters.sqlite_worker import SqliteWorker

_SCHEMA = "CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"
_GET = "SELECT value FROM cursors WHERE name = ?"
_PUT = """
INSERT INTO cursors (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)
"""


class SqliteCursorStore:
    """A lost second of cursor is only repetition, so a put doesn't wait for the disk (synchronous=NORMAL)."""

    def __init__(self, path: Path) -> None:
        self._worker = SqliteWorker(path, _SCHEMA, "cursors-sqlite", durable=False)

    async def get(self, name: str) -> int:
        row = await self._worker.run(lambda connection: connection.execute(_GET, (name,)).fetchone())
        return row[0] if row else 0

    async def put(self, name: str, value: int) -> None:
        await self._worker.run(lambda connection: connection.execute(_PUT, (name, value)))

    async def close(self) -> None:
        await self._worker.close()
