"""Output in a SQLite file of its own, so that its bulk never delays the event log."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from sqlite3 import Connection

from runfold.contracts.executor import OutputChunk
from runfold.contracts.values import Micros
from runfold.eventlog.adapters.sqlite_worker import SqliteWorker
from runfold.eventlog.arrivals import Arrivals
from runfold.eventlog.output import STEP_RECORDS, OutputPage, OutputQuery, OutputRecord, OutputSlice
from runfold.eventlog.output_rules import Placed, Tail, by_attempt, fill_page, fill_slice, place, room, window

#: `oldest` is the time of the first record kept, and null where none is: what expires next is found by it.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    key INTEGER PRIMARY KEY, attempt_id TEXT NOT NULL UNIQUE,
    stored INTEGER NOT NULL, time INTEGER NOT NULL, oldest INTEGER
);
CREATE INDEX IF NOT EXISTS attempts_by_oldest ON attempts (oldest) WHERE oldest IS NOT NULL;
CREATE TABLE IF NOT EXISTS records (
    attempt INTEGER NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS records_by_offset ON records (attempt, offset);
CREATE UNIQUE INDEX IF NOT EXISTS records_by_time ON records (attempt, time);
CREATE TABLE IF NOT EXISTS early (
    attempt INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
    time INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (attempt, offset, size)
);
"""
_ATTEMPT = "SELECT key, stored, time FROM attempts WHERE attempt_id = ?"
_NEW_ATTEMPT = "INSERT INTO attempts (attempt_id, stored, time) VALUES (?, 0, 0)"
_ADVANCE = "UPDATE attempts SET stored = ?, time = ?, oldest = coalesce(oldest, ?) WHERE key = ?"
_ADD_RECORD = "INSERT INTO records (attempt, offset, time, data) VALUES (?, ?, ?, ?)"
_ADD_EARLY = "INSERT OR IGNORE INTO early (attempt, offset, size, time, data) VALUES (?, ?, ?, ?, ?)"
#: The longest first among those of one offset, so that dropping by offset loses nothing.
_DUE_EARLY = """
SELECT offset, time, data FROM early WHERE attempt = ? AND offset <= ? ORDER BY offset, size DESC LIMIT 16
"""
_DROP_EARLY = "DELETE FROM early WHERE attempt = ? AND offset <= ?"
_PAGE = "SELECT offset, time, data FROM records WHERE attempt = ? AND time > ? AND time < ? ORDER BY time "
_FROM = """
SELECT offset, time, data FROM records WHERE attempt = ?1 AND offset >= coalesce(
    (SELECT max(offset) FROM records WHERE attempt = ?1 AND offset <= ?2), 0)
ORDER BY offset
"""
_EXPIRED = "SELECT key FROM attempts WHERE oldest < ? ORDER BY oldest LIMIT 1"
_EXPIRED_RECORDS = """
SELECT rowid, length(data) FROM records WHERE attempt = ? AND time < ? ORDER BY time LIMIT ?
"""
_OLDEST = "UPDATE attempts SET oldest = (SELECT min(time) FROM records WHERE attempt = ?1) WHERE key = ?1"


class SqliteOutputStore:
    """One writer thread with group commit and synchronous=FULL, and one thread that reads."""

    def __init__(self, path: Path) -> None:
        self._writer = SqliteWorker(path, _SCHEMA, "output-sqlite-write")
        self._reader = SqliteWorker(path, _SCHEMA, "output-sqlite-read", reading=True)
        self._arrivals = Arrivals()

    async def append(self, chunks: Sequence[OutputChunk]) -> dict[str, int]:
        stored = await self._writer.run(partial(_append, by_attempt(chunks)))
        self._arrivals.announce(stored)
        return stored

    async def poll(self, attempt_id: str, query: OutputQuery) -> OutputPage:
        return await self._reader.run(partial(_poll, attempt_id, query, window(query)))

    async def read_from(self, attempt_id: str, offset: int, *, wait: float = 0.0) -> OutputSlice:
        if wait > 0:
            await self._arrivals.beyond(attempt_id, offset, wait, self.stored)
        return await self._reader.run(partial(_read_from, attempt_id, offset))

    async def stored(self, attempt_id: str) -> int:
        return (await self._reader.run(partial(_attempt, attempt_id)))[1].stored

    async def delete_before(self, time: Micros) -> int | None:
        return await self._writer.run(partial(_expire, time))

    async def close(self) -> None:
        # The writer closes last: the last connection folds the write-ahead log into the file.
        await self._reader.close()
        await self._writer.close()


def _append(chunks: dict[str, list[OutputChunk]], connection: Connection) -> dict[str, int]:
    return {attempt_id: _append_to(attempt_id, own, connection) for attempt_id, own in chunks.items()}


def _append_to(attempt_id: str, chunks: list[OutputChunk], connection: Connection) -> int:
    key, tail = _attempt(attempt_id, connection)
    if key is None:
        key = connection.execute(_NEW_ATTEMPT, (attempt_id,)).lastrowid
        assert key is not None
    placed = place(tail, chunks)
    _write(key, placed, connection)
    connection.executemany(
        _ADD_EARLY, [(key, chunk.offset, len(chunk.data), chunk.time, chunk.data) for chunk in placed.early]
    )
    return _place_early(key, attempt_id, placed.tail, connection).stored


def _place_early(key: int, attempt_id: str, tail: Tail, connection: Connection) -> Tail:
    """Moves what a filled gap leaves to be placed, a few at a time: there may be much of it."""
    while rows := connection.execute(_DUE_EARLY, (key, tail.stored)).fetchall():
        placed = place(tail, (OutputChunk(attempt_id, *row) for row in rows))
        _write(key, placed, connection)
        connection.execute(_DROP_EARLY, (key, rows[-1][0]))
        tail = placed.tail
    return tail


def _write(key: int, placed: Placed, connection: Connection) -> None:
    if not placed.records:
        return
    connection.executemany(
        _ADD_RECORD, [(key, record.offset, record.time, record.data) for record in placed.records]
    )
    connection.execute(_ADVANCE, (placed.tail.stored, placed.tail.time, placed.records[0].time, key))


def _attempt(attempt_id: str, connection: Connection) -> tuple[int | None, Tail]:
    row = connection.execute(_ATTEMPT, (attempt_id,)).fetchone()
    return (row[0], Tail(row[1], row[2])) if row else (None, Tail())


def _poll(
    attempt_id: str, query: OutputQuery, bounds: tuple[Micros, Micros], connection: Connection
) -> OutputPage:
    key, _ = _attempt(attempt_id, connection)
    order = "DESC" if query.descending else "ASC"
    return fill_page(_records(connection, _PAGE + order, (key, *bounds)), room(query))


def _read_from(attempt_id: str, offset: int, connection: Connection) -> OutputSlice:
    key, tail = _attempt(attempt_id, connection)
    if offset >= tail.stored:
        return OutputSlice(offset, b"")
    return fill_slice(offset, _records(connection, _FROM, (key, offset)))


def _records(connection: Connection, sql: str, values: tuple[int | None, ...]) -> Iterator[OutputRecord]:
    """Lazily, since a page ends by its size as well; closed at once, for an open read holds the WAL's checkpoint."""
    rows = connection.execute(sql, values)
    try:
        for row in rows:
            yield OutputRecord(*row)
    finally:
        rows.close()


def _expire(time: Micros, connection: Connection) -> int | None:
    """Drops some of one attempt's old records and returns the bytes freed, or None when no attempt has any."""
    attempt = connection.execute(_EXPIRED, (time,)).fetchone()
    if attempt is None:
        return None
    rows = connection.execute(_EXPIRED_RECORDS, (attempt[0], time, STEP_RECORDS)).fetchall()
    connection.executemany("DELETE FROM records WHERE rowid = ?", [(row[0],) for row in rows])
    connection.execute(_OLDEST, attempt)
    return sum(int(row[1]) for row in rows)
