"""What is SQLite's own: files that are opened again, disks that are full, processes that are killed."""

import asyncio
import resource
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runfold.contracts.executor import OutputChunk
from runfold.eventlog.adapters.output_sqlite import SqliteOutputStore
from runfold.eventlog.adapters.sqlite_worker import SqliteWorker
from runfold.eventlog.output import OutputQuery
from runfold.eventlog.port import Unavailable

#: Appends a byte at a time for ever, and says how many are durable.
APPENDS = """
import asyncio, sys
from pathlib import Path
from runfold.contracts.executor import OutputChunk
from runfold.eventlog.adapters.output_sqlite import SqliteOutputStore

async def append() -> None:
    store, stored = SqliteOutputStore(Path(sys.argv[1])), 0
    while True:
        stored = (await store.append([OutputChunk("a", stored, 1, bytes([stored % 251]))]))["a"]
        print(stored, flush=True)

asyncio.run(append())
"""


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As on a full disk, a write beyond fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_file_that_is_opened_again_has_all_of_it(tmp_path: Path) -> None:
    first = SqliteOutputStore(tmp_path / "output.db")
    await first.append([OutputChunk("a", 0, 50, b"one"), OutputChunk("a", 6, 52, b"three")])
    await first.close()
    second = SqliteOutputStore(tmp_path / "output.db")
    assert await second.append([OutputChunk("a", 3, 7, b"two")]) == {"a": 11}
    page = await second.poll("a", OutputQuery())
    assert [(record.time, record.data) for record in page.records] == [
        (50, b"one"),
        (51, b"two"),
        (52, b"three"),
    ]
    await second.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteOutputStore(tmp_path / "output.db")
    await store.close()
    await store.close()
    with pytest.raises(Unavailable):
        await store.stored("a")


async def test_a_full_disk_loses_nothing_and_output_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store = SqliteOutputStore(tmp_path / "output.db")
    data = bytes(200_000)
    await store.append([OutputChunk("a", 0, 1, data)])
    with no_file_larger_than(300_000):
        with pytest.raises(Unavailable):
            await store.append([OutputChunk("a", len(data), 1, data)])
        assert await store.stored("a") == len(data)
    assert await store.append([OutputChunk("a", len(data), 1, data)]) == {"a": 2 * len(data)}
    await store.close()


async def test_a_file_that_can_not_be_opened_yet_is_opened_later(tmp_path: Path) -> None:
    store = SqliteOutputStore(tmp_path / "later" / "output.db")
    with pytest.raises(Unavailable):
        await store.stored("a")
    (tmp_path / "later").mkdir()
    assert await store.append([OutputChunk("a", 0, 1, b"one")]) == {"a": 3}
    await store.close()


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "output.db"
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", APPENDS, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    acknowledged = 0
    while acknowledged < 50:
        acknowledged = int(await writer.stdout.readline())
    writer.kill()
    rest = await writer.stdout.read()
    await writer.wait()
    acknowledged = int((rest.splitlines() or [b"%d" % acknowledged])[-1])
    store = SqliteOutputStore(path)
    output = (await store.read_from("a", 0)).data
    assert len(output) >= acknowledged
    assert output == bytes(number % 251 for number in range(len(output)))
    await store.close()


async def test_jobs_that_wait_share_a_commit_and_one_that_is_wrong_fails_alone(tmp_path: Path) -> None:
    worker = SqliteWorker(tmp_path / "any.db", "CREATE TABLE IF NOT EXISTS t (n INTEGER UNIQUE)", "any")

    def adding(number: int) -> Callable[[sqlite3.Connection], int]:
        return lambda connection: connection.execute(
            "INSERT INTO t VALUES (?) RETURNING n", (number,)
        ).fetchone()[0]

    numbers = [1, 2, 2, 3, 4]
    outcomes = await asyncio.gather(
        *(worker.run(adding(number)) for number in numbers), return_exceptions=True
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1, 2, 3, 4]
    assert isinstance(outcomes[2], sqlite3.IntegrityError)
    assert await worker.run(lambda connection: connection.execute("SELECT sum(n) FROM t").fetchone()[0]) == 10
    await worker.close()
