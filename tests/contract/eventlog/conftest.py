"""One suite for every event log there is."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.mongo import MongoStore
from runfold.eventlog.adapters.sqlite import SqliteStore
from runfold.eventlog.port import CommitStore, EventLog
from tests.contract.eventlog.worlds import World


@pytest.fixture(params=["memory", "sqlite", "mongo", "remote"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """The data in each kind of store, and behind HTTP."""
    async with AsyncExitStack() as exits:
        yield World(_connector(request, tmp_path), request.param == "remote", exits)


@pytest.fixture
async def memory_world() -> AsyncIterator[World]:
    """For what has nothing to do with the kind of store."""
    commits: list[CommitRecord] = []
    async with AsyncExitStack() as exits:
        yield World(lambda: MemoryStore(commits), False, exits)


@pytest.fixture
async def log(world: World) -> EventLog:
    return await world.log(await world.writer())


def _connector(request: pytest.FixtureRequest, directory: Path) -> Callable[[], CommitStore]:
    if request.param == "sqlite":
        return lambda: SqliteStore(directory / "log.db")
    if request.param == "mongo":
        database = request.getfixturevalue("mongo_database")
        return lambda: MongoStore.connect(database.url, database.name)
    commits: list[CommitRecord] = []
    return lambda: MemoryStore(commits)
