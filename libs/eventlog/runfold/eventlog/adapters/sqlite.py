"""Commits in an SQLite file: one writing thread, one reading thread, durable by fsync."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.adapters.rows import commit_from, outline_of
from runfold.eventlog.adapters.sqlite_file import open_file
from runfold.eventlog.port import NumberTaken, Unavailable
from runfold.eventlog.tail import READ_BYTES

T = TypeVar("T")

# The body comes last: whoever reads outlines never touches its pages.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS commits (
    number INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL, time INTEGER NOT NULL,
    log_id TEXT NOT NULL, outline BLOB NOT NULL, body BLOB NOT NULL
) STRICT
"""
_OUTLINE = "number, first, count, time, log_id, outline"
_INSERT = f"INSERT INTO commits ({_OUTLINE}, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_READ = f"SELECT {_OUTLINE}, body FROM commits WHERE number > ? ORDER BY number LIMIT ?"
_READ_OUTLINE = f"SELECT {_OUTLINE}, NULL FROM commits WHERE number > ? ORDER BY number LIMIT ?"
_LAST = f"SELECT {_OUTLINE}, body FROM commits ORDER BY number DESC LIMIT 1"
#: Of the file, how much is read as memory rather than by a call for each 4 KB.
MAPPED_BYTES = 256 * 1024 * 1024


class SqliteStore:
    """A CommitStore in one file. Other processes may have it open; the unique number fences their writers."""

    def __init__(self, path: Path | str, *, busy_seconds: float = 2.0) -> None:
        self._writing = Lane(path, busy_seconds, "log-sqlite-write")
        self._reading = Lane(path, busy_seconds, "log-sqlite-read")

    async def insert(self, commit: CommitRecord) -> None:
        row = (
            commit.number,
            commit.first,
            commit.count,
            commit.time,
            commit.log_id,
            outline_of(commit),
            bytes(commit.body),
        )
        await self._writing.run(lambda db: _insert(db, row))

    async def read(self, after: int, limit: int) -> list[CommitRecord]:
        return await self._reading.run(lambda db: _select(db, _READ, after, limit))

    async def outline(self, after: int, limit: int) -> list[CommitRecord]:
        return await self._reading.run(lambda db: _select(db, _READ_OUTLINE, after, limit))

    async def last(self) -> CommitRecord | None:
        found = await self._reading.run(lambda db: _select(db, _LAST))
        return found[0] if found else None

    async def close(self) -> None:
        # The writer closes last: the last connection folds the write-ahead log into the file.
        await self._reading.close()
        await self._writing.close()


class Lane:
    """A thread with a connection of its own, opened when first needed and again after it broke."""

    def __init__(self, path: Path | str, busy_seconds: float, name: str) -> None:
        self._path, self._busy = str(path), busy_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._db: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Raises Unavailable for whatever the file or its disk can't do now."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown(wait=False)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._connection())
        except sqlite3.Error as error:
            self._disconnect()
            raise Unavailable(f"SQLite: {error}") from error

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = open_file(self._path, _SCHEMA, synchronous="FULL", busy=self._busy)
            self._db.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        return self._db

    def _disconnect(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()


def _insert(db: sqlite3.Connection, row: tuple[Any, ...]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(_INSERT, row)
    except sqlite3.IntegrityError as error:
        db.execute("ROLLBACK")
        raise NumberTaken(str(error)) from error
    db.execute("COMMIT")


def _select(db: sqlite3.Connection, query: str, *arguments: int) -> list[CommitRecord]:
    found, size = [], 0
    for row in db.execute(query, arguments):
        found.append(commit_from(*row))
        size += len(row[-1] or b"")
        if size > READ_BYTES:
            break
    return found
