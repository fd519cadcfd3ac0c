"""Every store of archives there is: one suite for all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.eventlog.adapters.archives_memory import MemoryArchives
from runfold.eventlog.adapters.archives_mongo import MongoArchives
from runfold.eventlog.adapters.archives_remote import RemoteArchives
from runfold.eventlog.adapters.archives_sqlite import SqliteArchives
from runfold.eventlog.adapters.mongo_documents import connect
from runfold.eventlog.archives import ArchiveStore
from runfold.eventlog.wire import MOST_BODY_BYTES
from runfold.log.http.archives import routes
from runfold.log.http.tokens import Tokens
from tests.servers.fixtures import Database


@asynccontextmanager
async def served(archives: ArchiveStore) -> AsyncIterator[TestServer]:
    """The log service's HTTP face before `archives`, for gateway and scheduler."""
    app = web.Application(client_max_size=MOST_BODY_BYTES)
    app.add_routes(routes(archives, Tokens({"gateway": "gateway-token", "scheduler": "scheduler-token"})))
    server = TestServer(app)
    async with server:
        yield server


@asynccontextmanager
async def remote() -> AsyncIterator[ArchiveStore]:
    async with served(MemoryArchives()) as server:
        store = RemoteArchives([str(server.make_url(""))], "gateway-token")
        yield store
        await store.close()


@asynccontextmanager
async def sqlite(path: Path) -> AsyncIterator[ArchiveStore]:
    store = SqliteArchives(path)
    yield store
    await store.close()


@asynccontextmanager
async def mongo(where: Database) -> AsyncIterator[ArchiveStore]:
    database = connect(where.url, where.name)
    store = MongoArchives(database)
    await store.prepare()
    yield store
    database.client.close()


@pytest.fixture(params=["memory", "sqlite", "mongo", "remote"])
async def archives(request: pytest.FixtureRequest) -> AsyncIterator[ArchiveStore]:
    match request.param:
        case "memory":
            yield MemoryArchives()
        case "remote":
            async with remote() as store:
                yield store
        case "sqlite":
            async with sqlite(request.getfixturevalue("tmp_path") / "archives.db") as store:
                yield store
        case _:
            async with mongo(request.getfixturevalue("mongo_database")) as store:
                yield store
