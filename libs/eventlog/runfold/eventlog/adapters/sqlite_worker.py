"""A thread that owns a SQLite connection; what waits while it commits shares the next commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from runfold.eventlog.adapters.sqlite_file import open_file
from runfold.eventlog.port import Unavailable

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]

GROUP = 64  #: jobs that share a commit at most
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Damaged(Unavailable):
    """The file isn't a database, or a malformed one: it doesn't get any better by waiting."""


class Waiting:
    """A job and the one who waits for it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def settle(self, result: Any, error: Exception | None) -> None:
        """From any thread; a loop that has ended no longer wants to know."""
        try:
            self.future.get_loop().call_soon_threadsafe(self._settle, result, error)
        except RuntimeError:
            return

    def _settle(self, result: Any, error: Exception | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class SqliteWorker:
    """Runs jobs one after the other in its thread: in transactions they share, or as they are where `reading`.

    The connection is opened when first needed, and again after it broke.
    """

    def __init__(
        self, path: Path, schema: str, name: str, *, durable: bool = True, reading: bool = False
    ) -> None:
        self._open = partial(open_file, path, schema, synchronous="FULL" if durable else "NORMAL")
        self._connection: sqlite3.Connection | None = None
        self._execute = self._read if reading else self._commit
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """The job's result once it is committed; a database that can't raises Unavailable, or Damaged."""
        if self._closed:
            raise Unavailable("closed")
        waiting = Waiting(job)
        self._queue.put(waiting)
        result: T = await waiting.future
        return result

    async def close(self) -> None:
        """Finishes what waits."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _run(self) -> None:
        while group := self._next_group():
            self._execute(group)
        self._disconnect()

    def _next_group(self) -> list[Waiting]:
        """Empty at the end; the mark of the end goes back to be found again."""
        group: list[Waiting] = []
        while len(group) < GROUP and (not group or not self._queue.empty()):
            if (waiting := self._queue.get()) is None:
                self._queue.put(None)
                break
            group.append(waiting)
        return group

    def _read(self, group: list[Waiting]) -> None:
        for waiting in group:
            waiting.settle(*self._try(waiting.job))

    def _commit(self, group: list[Waiting]) -> None:
        results, error = self._try(partial(_transaction, group))
        if len(group) > 1 and error is not None and not isinstance(error, Unavailable):
            # One job that is wrong must not fail its neighbours: each gets a transaction of its own.
            for waiting in group:
                self._commit([waiting])
            return
        for number, waiting in enumerate(group):
            waiting.settle(results[number] if results is not None else None, error)

    def _try(self, work: Job) -> tuple[Any, Exception | None]:
        try:
            if self._connection is None:
                self._connection = self._open()
            return work(self._connection), None
        except sqlite3.DatabaseError as error:
            if (trouble := _trouble(error)) is None:
                return None, error
            self._disconnect()
            return None, trouble
        except Exception as error:
            return None, error

    def _disconnect(self) -> None:
        """The next job opens the file again: what was wrong with it may be over."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _trouble(error: sqlite3.DatabaseError) -> Unavailable | None:
    """None where it is the job that is wrong, not the database."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
        return Damaged(f"SQLite: {error}")
    return Unavailable(f"SQLite: {error}") if isinstance(error, sqlite3.OperationalError) else None


def _transaction(group: list[Waiting], connection: sqlite3.Connection) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [waiting.job(connection) for waiting in group]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results
