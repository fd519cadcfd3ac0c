"""What reading and sweeping rows costs in SQLite, in steps of its machine, which no other load on the host changes."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runfold.eventlog.adapters.runs_sqlite import SqliteRunStore
from runfold.eventlog.adapters.sqlite_file import open_file
from runfold.eventlog.runs import RunRow
from tests.contract.runs.given import activate, query, row

FEW, MANY = 20, 2_000


class Steps:
    """Counts those of every connection that is opened meanwhile."""

    def __init__(self) -> None:
        self.taken = 0

    def watch(self, connection: sqlite3.Connection) -> None:
        connection.set_progress_handler(self._count, 1)

    def _count(self) -> int:
        self.taken += 1
        return 0


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    counted = Steps()

    def watched(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = open_file(*args, **options)
        counted.watch(connection)
        return connection

    monkeypatch.setattr("runfold.eventlog.adapters.sqlite_worker.open_file", watched)
    return counted


@pytest.fixture
async def store(steps: Steps, tmp_path: Path) -> AsyncIterator[SqliteRunStore]:
    made = SqliteRunStore(tmp_path / "history.db")
    yield made
    await made.close()


@pytest.mark.parametrize("ascending", [False, True])
async def test_a_list_of_one_users_runs_costs_the_same_however_many_others_have(
    store: SqliteRunStore, steps: Steps, ascending: bool
) -> None:
    async def cost() -> int:
        before = steps.taken
        page = await store.page(query(user_id="rare", ascending=ascending))
        assert [each.id for each in page.rows] == ["his"]
        return steps.taken - before

    number = await activate(store, row("his", MANY // 2, user_id="rare"), *_rows(FEW))
    with_few = await cost()
    await store.write(number, _rows(MANY))
    assert await cost() < 2 * with_few


async def test_sweeping_where_nothing_is_to_be_dropped_costs_the_same_however_many_rows_there_are(
    store: SqliteRunStore, steps: Steps
) -> None:
    async def cost() -> int:
        before = steps.taken
        assert not await store.sweep()
        return steps.taken - before

    number = await activate(store, *_rows(FEW))
    with_few = await cost()
    await store.write(number, _rows(MANY))
    assert await cost() < 2 * with_few


def _rows(count: int) -> list[RunRow]:
    return [row(f"r{each:05}", each) for each in range(count)]
