"""Both journals: a write is there whole, in its order, or it is said that it isn't."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runfold.executor.adapters.memory_journal import MemoryJournal
from runfold.executor.adapters.sqlite_journal import SqliteJournal
from runfold.executor.journal import Journal, JournalUnavailable


@pytest.fixture
async def sqlite_journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.db")
    yield journal
    await journal.close()


@pytest.fixture
def memory_journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture(params=["memory_journal", "sqlite_journal"])
def journal(request: pytest.FixtureRequest) -> Journal:
    made: Journal = request.getfixturevalue(request.param)
    return made


def modes_in(directory: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


async def test_what_is_written_is_loaded(journal: Journal) -> None:
    await journal.write({"a": b"1", "b": b"2"})
    await journal.write({"a": None, "c": b"\x00\xff"})
    assert await journal.load() == {"b": b"2", "c": b"\x00\xff"}


async def test_writes_at_once_are_applied_in_their_order(journal: Journal) -> None:
    await asyncio.gather(*(journal.write({"last": str(number).encode()}) for number in range(500)))
    assert await journal.load() == {"last": b"499"}


async def test_deleting_nothing_is_no_error(journal: Journal) -> None:
    await journal.write({"nothing": None})
    await journal.write({})
    assert await journal.load() == {}


async def test_it_survives_its_process(tmp_path: Path) -> None:
    """Without a close, as after `kill -9`."""
    first = SqliteJournal(tmp_path / "journal.db")
    await first.write({"a": b"1"})
    second = SqliteJournal(tmp_path / "journal.db")
    assert await second.load() == {"a": b"1"}
    await first.close()
    await second.close()


async def test_nobody_else_may_read_it(sqlite_journal: SqliteJournal, tmp_path: Path) -> None:
    await sqlite_journal.write({"a": b"secret"})
    assert modes_in(tmp_path) == {0o600}


async def test_while_it_cannot_be_written_it_says_so_and_afterwards_goes_on(
    sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    sqlite_journal._connection.execute("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailable):
        await sqlite_journal.write({"a": b"1"})
    other.execute("ROLLBACK")
    other.close()
    await sqlite_journal.write({"b": b"2"})
    assert await sqlite_journal.load() == {"b": b"2"}


async def test_after_its_close_it_takes_nothing(sqlite_journal: SqliteJournal) -> None:
    await sqlite_journal.close()
    with pytest.raises(JournalUnavailable):
        await sqlite_journal.write({"a": b"1"})


async def test_a_place_where_nothing_can_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable):
        SqliteJournal(tmp_path / "missing" / "journal.db")
