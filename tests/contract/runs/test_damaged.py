"""A file of rows that is no database any more: the log makes them anew in another one."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from runfold.eventlog.adapters.runs_sqlite import SqliteRunStore
from runfold.eventlog.port import Unavailable
from runfold.eventlog.runs import Generations
from tests.contract.runs.given import activate, query, row

GARBAGE = b"this is no database " * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def damaged(path: Path) -> Path:
    path.write_bytes(GARBAGE)
    return path


async def test_it_is_set_aside_and_another_one_begun(damaged: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = SqliteRunStore(damaged)
    with caplog.at_level(logging.ERROR), pytest.raises(Unavailable, match="not a database"):
        await store.generations()
    assert "was set aside" in caplog.text
    assert read(damaged.with_name("history.db.damaged")) == GARBAGE
    assert await store.generations() == Generations()
    await activate(store, row("r1"))
    assert await store.get("r1") == row("r1")
    await store.close()


async def test_all_who_find_it_at_once_begin_one_other(damaged: Path) -> None:
    store = SqliteRunStore(damaged)
    wanted = Generations().wanting(1)
    calls = (store.generations(), store.replace(wanted), store.get("r1"), store.sweep())
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in found)
    assert await store.replace(wanted)
    assert await store.generations() == wanted
    await store.close()


async def test_so_it_is_with_one_that_turns_out_malformed_later(path: Path) -> None:
    store = SqliteRunStore(path)
    await activate(store, *(row(f"r{number:03}", state=bytes(9_000)) for number in range(20)))
    await store.close()
    spoil_rows(path)

    again = SqliteRunStore(path)
    assert (await again.generations()).active is not None
    with pytest.raises(Unavailable, match="malformed"):
        await again.page(query())
    assert await again.generations() == Generations()
    await activate(again, row("new"))
    assert await again.get("new") == row("new")
    await again.close()


def read(path: Path) -> bytes:
    return path.read_bytes()


def spoil_rows(path: Path) -> None:
    """The root page of the rows' table; its neighbours can be read."""
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
