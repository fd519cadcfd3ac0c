"""Samples in a SQLite file."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from runfold.contracts.metrics import Sample
from runfold.contracts.values import Micros
from runfold.eventlog.adapters.sqlite_worker import SqliteWorker
from runfold.eventlog.metrics import KEPT, LATEST

_SCHEMA = """
CREATE TABLE IF NOT EXISTS samples (
  attempt TEXT NOT NULL,
  time INTEGER NOT NULL,
  cpu_micros INTEGER NOT NULL,
  memory INTEGER NOT NULL,
  working_set INTEGER NOT NULL,
  cpus INTEGER NOT NULL,
  memory_total INTEGER NOT NULL,
  PRIMARY KEY (attempt, time)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS samples_by_time ON samples (time);
"""
_ADD = "INSERT OR IGNORE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)"
_TRIM = """
DELETE FROM samples WHERE attempt = ?1 AND time <= (
  SELECT time FROM samples WHERE attempt = ?1 ORDER BY time DESC LIMIT 1 OFFSET ?2
)
"""
_EXPIRE = """
DELETE FROM samples WHERE (attempt, time) IN (
  SELECT attempt, time FROM samples WHERE time < ? ORDER BY time LIMIT ?
)
"""
_READ = "SELECT * FROM samples WHERE attempt = ? AND time > ? AND time < ? ORDER BY time DESC LIMIT ?"


class SqliteMetricsStore:
    """What a power cut takes is only samples, so an addition doesn't wait for the disk (synchronous=NORMAL)."""

    def __init__(self, path: Path, kept: int = KEPT) -> None:
        self._worker = SqliteWorker(path, _SCHEMA, "metrics-sqlite", durable=False)
        self._kept = kept

    async def add(self, samples: Sequence[Sample]) -> None:
        rows = [_row(sample) for sample in samples]
        attempts = [(attempt, self._kept) for attempt in {sample.attempt_id: None for sample in samples}]

        def add(connection: sqlite3.Connection) -> None:
            connection.executemany(_ADD, rows)
            connection.executemany(_TRIM, attempts)

        await self._worker.run(add)

    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        bounds = (attempt_id, after, before, max(limit, 0))
        rows = await self._worker.run(lambda connection: connection.execute(_READ, bounds).fetchall())
        return tuple(Sample(*row) for row in rows)

    async def delete_before(self, time: Micros, limit: int) -> int:
        return await self._worker.run(lambda connection: connection.execute(_EXPIRE, (time, limit)).rowcount)

    async def close(self) -> None:
        await self._worker.close()


def _row(sample: Sample) -> tuple[str | int, ...]:
    """In the order of the columns, which is that of its fields."""
    return tuple(getattr(sample, name) for name in Sample.__struct_fields__)
