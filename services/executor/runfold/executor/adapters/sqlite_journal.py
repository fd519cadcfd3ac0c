"""The journal in one SQLite file that its owner alone may read: it holds secret values until their job has started."""

import asyncio
import os
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from runfold.executor.journal import Entries, JournalUnavailable

_SCHEMA = "CREATE TABLE IF NOT EXISTS journal (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_Batch = list["_Write"]


@dataclass(slots=True, eq=False)
class _Write:
    """A write that waits for its commit."""

    entries: dict[str, bytes | None]
    done: asyncio.Future[None]

    def settle(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error:
            self.done.set_exception(JournalUnavailable(f"the journal can't be written: {error}"))
        else:
            self.done.set_result(None)


class SqliteJournal:
    """One thread writes. What is asked for in one turn of the loop, or waits for the thread, shares a commit and its
    fsync."""

    def __init__(self, path: Path) -> None:
        """Raises JournalUnavailable."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = _open(path)
        except (OSError, sqlite3.Error) as error:
            raise JournalUnavailable(f"{path}: {error}") from error
        self._asked: _Batch = []  #: in this turn
        self._queue: SimpleQueue[_Batch | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()
        self._closed = False

    async def load(self) -> dict[str, bytes]:
        # At start alone, before anything else needs the loop.
        return dict(self._connection.execute("SELECT key, value FROM journal"))

    async def write(self, entries: Entries) -> None:
        if self._closed:
            raise JournalUnavailable("the journal is closed")
        loop = asyncio.get_running_loop()
        write = _Write(dict(entries), loop.create_future())
        if not self._asked:
            # Once for all of this turn: waking the thread costs more than the write.
            loop.call_soon(self._hand_over)
        self._asked.append(write)
        await write.done

    async def close(self) -> None:
        """What was asked for is written first."""
        if self._closed:
            return
        self._closed = True
        self._hand_over()
        self._queue.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        self._connection.close()

    def _hand_over(self) -> None:
        batch, self._asked = self._asked, []
        if batch:
            self._queue.put(batch)

    def _work(self) -> None:
        while batch := self._next_batch():
            error: Exception | None = None
            try:
                self._commit(batch)
            except sqlite3.Error as failure:
                error = failure
            _settle(batch, error)

    def _next_batch(self) -> _Batch:
        """All that waits, at least one write; none at the end, whose mark is left for the next look."""
        batch: _Batch = []
        while not batch or not self._queue.empty():
            asked = self._queue.get()
            if asked is None:
                self._queue.put(None)
                break
            batch += asked
        return batch

    def _commit(self, batch: _Batch) -> None:
        merged: dict[str, bytes | None] = {}
        for write in batch:
            merged.update(write.entries)
        kept = [(key, value) for key, value in merged.items() if value is not None]
        gone = [(key,) for key, value in merged.items() if value is None]
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO journal VALUES (?, ?)", kept)
            self._connection.executemany("DELETE FROM journal WHERE key = ?", gone)


def _settle(batch: _Batch, error: Exception | None) -> None:
    def settle() -> None:
        for write in batch:
            write.settle(error)

    try:
        batch[0].done.get_loop().call_soon_threadsafe(settle)
    except RuntimeError:
        return  # the loop ended meanwhile: nobody waits any more


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # What was a secret doesn't stay in free pages.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(_SCHEMA)
    return connection
