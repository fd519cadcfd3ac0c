"""What an SQLite file promises beyond what every store does."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runfold.eventlog.adapters.sqlite import Lane, SqliteStore
from runfold.eventlog.port import Unavailable
from runfold.eventlog.writer import Writer
from tests.contract.eventlog.given import CLOCK, IDS, an_append, append_ids

PRAGMAS = ("journal_mode", "synchronous")
FULL = 2

APPENDING = """
import asyncio, sys
from runfold.eventlog.adapters.sqlite import SqliteStore
from runfold.eventlog.writer import Writer
from tests.contract.eventlog.given import CLOCK, IDS, an_append

async def main():
    writer = Writer(SqliteStore(sys.argv[1]), clock=CLOCK, ids=IDS)
    await writer.start()
    async def forever():
        while True:
            append = an_append()
            await writer.append(append)
            print(append.id, flush=True)
    await asyncio.gather(*(forever() for _ in range(8)))

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, busy_seconds=0.01)
    yield store
    await store.close()


@pytest.fixture
async def writer(store: SqliteStore) -> Writer:
    writer = Writer(store, clock=CLOCK, ids=IDS)
    await writer.start()
    return writer


async def test_what_was_acknowledged_survives_a_killed_process(path: Path) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(  # noqa: ASYNC220 - it is over in a moment
        [sys.executable, "-c", APPENDING, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(200)]
        process.kill()
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]

    store = SqliteStore(path)
    found = await append_ids(Writer(store, clock=CLOCK, ids=IDS))
    await store.close()

    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))


async def test_a_commit_is_synced_to_the_disk_before_it_is_acknowledged(path: Path) -> None:
    lane = Lane(path, 1, "test")

    settings = await lane.run(lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS])

    assert settings == ["wal", FULL]
    await lane.close()


async def test_a_full_disk_delays_appends_and_loses_none(path: Path, writer: Writer) -> None:
    before = an_append(message="x" * 100_000)
    await writer.append(before)
    with files_no_longer_than(path.with_name("log.db-wal").stat().st_size):
        waiting = writer.submit(delayed := an_append(message="x" * 100_000))
        await until_not_ready(writer)
        assert not waiting.done()

    await waiting

    assert await append_ids(writer) == [before.id, delayed.id]
    assert writer.not_ready() is None


async def test_reading_goes_on_while_the_disk_is_full(path: Path, store: SqliteStore, writer: Writer) -> None:
    await writer.append(an_append(message="x" * 100_000))
    with files_no_longer_than(path.with_name("log.db-wal").stat().st_size):
        waiting = writer.submit(an_append(message="x" * 100_000))
        await until_not_ready(writer)
        found = await append_ids(Writer(store, clock=CLOCK, ids=IDS))

    await waiting
    assert len(found) == 1


async def test_a_file_that_another_process_holds_delays_appends(path: Path, writer: Writer) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = writer.submit(an_append())
    await until_not_ready(writer)

    other.execute("ROLLBACK")
    other.close()

    assert (await waiting).number == 2


async def test_a_directory_that_is_missing_is_unavailable(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "missing" / "log.db")

    with pytest.raises(Unavailable):
        await store.last()
    await store.close()


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """As a full disk: no file of this process can grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def until_not_ready(writer: Writer) -> None:
    async with asyncio.timeout(60):
        while writer.not_ready() is None:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
