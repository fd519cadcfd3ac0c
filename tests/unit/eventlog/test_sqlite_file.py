"""Opening one new SQLite file from several threads, as a store's reader and writer do."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from runfold.eventlog.adapters.sqlite_file import open_file

SCHEMA = "CREATE TABLE IF NOT EXISTS things (thing INTEGER PRIMARY KEY)"
THREADS = 4


def test_all_who_open_a_new_file_at_the_same_moment_get_it(tmp_path: Path) -> None:
    together = Barrier(THREADS)

    def open_and_count(path: Path) -> int:
        together.wait()
        connection = open_file(path, SCHEMA, synchronous="FULL")
        (count,) = connection.execute("SELECT count(*) FROM things").fetchone()
        connection.close()
        return int(count)

    with ThreadPoolExecutor(THREADS) as threads:
        # One round in twenty or so had a thread that was told "database is locked".
        for number in range(100):
            path = tmp_path / f"{number}.sqlite"
            assert list(threads.map(open_and_count, [path] * THREADS)) == [0] * THREADS


def test_a_file_that_stays_locked_is_given_up_in_time(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE things (thing INTEGER PRIMARY KEY)")
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        open_file(path, SCHEMA, synchronous="FULL", busy=0.05)

    other.close()
