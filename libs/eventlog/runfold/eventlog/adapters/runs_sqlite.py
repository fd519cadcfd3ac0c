"""Rows in a SQLite file of their own, so that history never delays the event log.

The log is the truth and can make them anew: a file that is damaged is set aside, and another one begun.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from heapq import merge
from pathlib import Path
from sqlite3 import Connection
from typing import Any, TypeVar

from runfold.eventlog.adapters.sqlite_worker import Damaged, SqliteWorker
from runfold.eventlog.runs import (
    LATEST,
    STEP_ROWS,
    Generations,
    RowDeletion,
    RunPage,
    RunQuery,
    RunRow,
)
from runfold.eventlog.runs_order import fitting, room
from runfold.eventlog.runs_wire import decode_generations, encode_generations

T = TypeVar("T")

_log = logging.getLogger(__name__)

#: `submitted` is minus the time of submission, so that the order of a list is that of its index.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS generations (one INTEGER PRIMARY KEY CHECK (one = 1), state BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    generation INTEGER NOT NULL, id TEXT NOT NULL, project_id TEXT NOT NULL, user_id TEXT NOT NULL,
    submitted INTEGER NOT NULL, position INTEGER NOT NULL, version INTEGER NOT NULL, state BLOB NOT NULL,
    attempts TEXT NOT NULL, deleted_at INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS runs_by_id ON runs (generation, id);
CREATE INDEX IF NOT EXISTS runs_by_submission ON runs (generation, project_id, submitted, id)
WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS runs_by_user ON runs (generation, project_id, user_id, submitted, id)
WHERE deleted_at IS NULL;
CREATE TABLE IF NOT EXISTS attempts (
    generation INTEGER NOT NULL, id TEXT NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (generation, id)
) WITHOUT ROWID;
"""
_GENERATIONS = "SELECT state FROM generations"
_REPLACE = "INSERT INTO generations VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET state = excluded.state"
_WRITE = """
INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (generation, id) DO UPDATE SET
    position = excluded.position, version = excluded.version, state = excluded.state,
    attempts = excluded.attempts, deleted_at = excluded.deleted_at
WHERE position < excluded.position
"""
_WRITE_ATTEMPT = "INSERT OR IGNORE INTO attempts VALUES (?, ?, ?)"
_DELETE = "UPDATE runs SET position = ?1, deleted_at = ?2 WHERE generation = ?3 AND id = ?4 AND position < ?1"
_ROW = """
SELECT id, project_id, user_id, -submitted, position, version, state, attempts, deleted_at FROM runs
WHERE generation = ? AND id = ?
"""
_COLUMNS = (
    *("id", "project_id", "user_id", "submitted_at", "position", "version", "state", "attempts"),
    "deleted_at",
)
_OF_ATTEMPT = "SELECT run_id FROM attempts WHERE generation = ? AND id = ?"
_PAGE = """
SELECT submitted, id, length(state) FROM runs
WHERE generation = :generation AND project_id = :project AND deleted_at IS NULL
    {of_user} AND (submitted, id) {beyond} (:submitted, :id)
ORDER BY submitted {order}, id {order} LIMIT :limit
"""
_NEXT_NUMBER = "SELECT MIN(generation) FROM {table} WHERE generation > ?"
_DROP = """
DELETE FROM {table} WHERE (generation, id) IN (
    SELECT generation, id FROM {table} WHERE generation = ? LIMIT ?)
"""
#: Above all ids, which are of ASCII.
_ABOVE = "\x7f"


class _File:
    """One writer thread with group commit and synchronous=FULL, and one thread that reads."""

    def __init__(self, path: Path) -> None:
        self.writer = SqliteWorker(path, _SCHEMA, "runs-sqlite-write")
        self.reader = SqliteWorker(path, _SCHEMA, "runs-sqlite-read", reading=True)

    async def close(self) -> None:
        # The writer closes last: the last connection folds the write-ahead log into the file.
        await self.reader.close()
        await self.writer.close()


class SqliteRunStore:
    """Rows at `path`. Where that is damaged each call raises Unavailable until another file is begun."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _File(path)
        self._setting_aside: asyncio.Task[None] | None = None
        self._closed = False

    async def generations(self) -> Generations:
        return await self._run(_generations)

    async def get(self, run_id: str) -> RunRow | None:
        return await self._read(lambda connection, generation: _row(connection, generation, run_id), None)

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        return await self._read(
            lambda connection, generation: _of_attempt(connection, generation, attempt_id), None
        )

    async def page(self, query: RunQuery) -> RunPage:
        return await self._read(
            lambda connection, generation: _page(connection, generation, query), RunPage()
        )

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        await self._run(partial(_write, generation, rows, deletions), writing=True)

    async def replace(self, generations: Generations) -> bool:
        return await self._run(partial(_replace, generations), writing=True)

    async def sweep(self) -> bool:
        return await self._run(_sweep, writing=True)

    async def close(self) -> None:
        self._closed = True
        if self._setting_aside is not None:
            await self._setting_aside
        await self._file.close()

    async def _read(self, read: Callable[[Connection, int], T], nothing: T) -> T:
        """What `read` finds in the generation that is active now, and stays so for it."""

        def job(connection: Connection) -> T:
            connection.execute("BEGIN")
            try:
                active = _generations(connection).active
                return nothing if active is None else read(connection, active.number)
            finally:
                connection.execute("COMMIT")

        return await self._run(job)

    async def _run(self, job: Callable[[Connection], T], *, writing: bool = False) -> T:
        file = self._file
        try:
            return await (file.writer if writing else file.reader).run(job)
        except Damaged:
            await self._set_aside(file)
            raise

    async def _set_aside(self, damaged: _File) -> None:
        """Once, whoever finds it; it goes on where who waits for it is cancelled."""
        if self._closed or self._file is not damaged:
            return
        if self._setting_aside is None or self._setting_aside.done():
            self._setting_aside = asyncio.create_task(self._begin_another(damaged))
        await asyncio.shield(self._setting_aside)

    async def _begin_another(self, damaged: _File) -> None:
        """Closed first: SQLite removes what lies beside a file by its name."""
        await damaged.close()
        aside = self._path.with_name(f"{self._path.name}.damaged")
        try:
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._path.replace(aside)
            _log.error("%s is damaged and was set aside as %s; its rows are made anew", self._path, aside)
        except OSError as error:
            _log.error("%s is damaged and can't be set aside: %s", self._path, error)
        self._file = _File(self._path)


def _generations(connection: Connection) -> Generations:
    found = connection.execute(_GENERATIONS).fetchone()
    return decode_generations(found[0]) if found else Generations()


def _replace(generations: Generations, connection: Connection) -> bool:
    if generations.revision != _generations(connection).revision + 1:
        return False
    connection.execute(_REPLACE, (encode_generations(generations),))
    return True


def _write(
    generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion], connection: Connection
) -> None:
    connection.executemany(_WRITE, [_columns(generation, row) for row in rows])
    attempts = [(generation, attempt_id, row.id) for row in rows for attempt_id in row.attempts]
    connection.executemany(_WRITE_ATTEMPT, attempts)
    connection.executemany(_DELETE, [(gone.position, gone.time, generation, gone.id) for gone in deletions])


def _columns(generation: int, row: RunRow) -> tuple[Any, ...]:
    return (
        *(generation, row.id, row.project_id, row.user_id, -row.submitted_at, row.position),
        *(row.version, row.state, json.dumps(row.attempts), row.deleted_at),
    )


def _row(connection: Connection, generation: int, run_id: str) -> RunRow | None:
    found: Any = connection.execute(_ROW, (generation, run_id)).fetchone()
    if found is None:
        return None
    columns: dict[str, Any] = dict(zip(_COLUMNS, found, strict=True))
    return RunRow(**{**columns, "attempts": tuple(json.loads(columns["attempts"]))})


def _of_attempt(connection: Connection, generation: int, attempt_id: str) -> RunRow | None:
    found = connection.execute(_OF_ATTEMPT, (generation, attempt_id)).fetchone()
    return _row(connection, generation, found[0]) if found else None


def _page(connection: Connection, generation: int, query: RunQuery) -> RunPage:
    """Each project's own order comes from the index, so that together they cost as little as one by one."""
    of_each = [_outlines(connection, generation, project_id, query) for project_id in query.projects]
    found = list(merge(*of_each, reverse=query.ascending))[: room(query) + 1]
    taken = list(fitting((run_id, size) for _, run_id, size in found[: room(query)]))
    rows = (_row(connection, generation, run_id) for run_id in taken)
    return RunPage(tuple(row for row in rows if row is not None), len(taken) < len(found))


def _outlines(
    connection: Connection, generation: int, project_id: str, query: RunQuery
) -> list[tuple[int, str, int]]:
    beyond, order = ("<", "DESC") if query.ascending else (">", "ASC")
    edge, border = (LATEST, "") if query.ascending else (-LATEST, _ABOVE)
    values = {
        "generation": generation,
        "project": project_id,
        "user": query.user_id,
        "submitted": edge if query.time is None else -query.time,
        "id": border if query.id is None else query.id,
        "limit": room(query) + 1,
    }
    of_user = "" if query.user_id is None else "AND user_id = :user"
    return connection.execute(_PAGE.format(of_user=of_user, beyond=beyond, order=order), values).fetchall()


def _sweep(connection: Connection) -> bool:
    kept = _generations(connection).numbers
    for table in ("runs", "attempts"):
        for number in _numbers(connection, table):
            if number not in kept:
                connection.execute(_DROP.format(table=table), (number, STEP_ROWS))
                return True
    return False


def _numbers(connection: Connection, table: str) -> Iterator[int]:
    """Generations that it has anything of: each costs a step into its index, however much there is."""
    look, number = _NEXT_NUMBER.format(table=table), 0
    while (number := connection.execute(look, (number,)).fetchone()[0]) is not None:
        yield number
