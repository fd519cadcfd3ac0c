"""Every output store and cursor store there is: one suite for all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.eventlog.adapters.cursors_memory import MemoryCursorStore
from runfold.eventlog.adapters.cursors_mongo import MongoCursorStore
from runfold.eventlog.adapters.mongo_documents import Database, connect
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.adapters.output_mongo import MongoOutputStore
from runfold.eventlog.adapters.output_remote import RemoteOutput
from runfold.eventlog.adapters.output_sqlite import SqliteOutputStore
from runfold.eventlog.cursors import CursorStore
from runfold.eventlog.output import OutputStore
from runfold.log.http.output import routes
from runfold.log.http.tokens import Tokens
from tests.servers.fixtures import Database as Where


@asynccontextmanager
async def a_database(where: Where) -> AsyncIterator[Database]:
    database = connect(where.url, where.name)
    yield database
    database.client.close()


class Distant:
    """Written where it is, and read through the log service's HTTP interface."""

    def __init__(self, here: MemoryOutputStore, there: RemoteOutput) -> None:
        self.append, self.delete_before, self.close = here.append, here.delete_before, here.close
        self.poll, self.read_from, self.stored = there.poll, there.read_from, there.stored


@asynccontextmanager
async def a_log_service() -> AsyncIterator[Distant]:
    here = MemoryOutputStore()
    app = web.Application()
    app.add_routes(routes(here, Tokens({"gateway": "secret"})))
    async with TestServer(app) as server:
        there = RemoteOutput([str(server.make_url(""))], "secret")
        yield Distant(here, there)
        await there.close()


@asynccontextmanager
async def a_store(request: pytest.FixtureRequest) -> AsyncIterator[OutputStore]:
    match request.param:
        case "memory":
            yield MemoryOutputStore()
        case "remote":
            async with a_log_service() as distant:
                yield distant
        case "sqlite":
            store = SqliteOutputStore(request.getfixturevalue("tmp_path") / "output.db")
            yield store
            await store.close()
        case _:
            async with a_database(request.getfixturevalue("mongo_database")) as database:
                mongo = MongoOutputStore(database)
                await mongo.prepare()
                yield mongo


@pytest.fixture(params=["memory", "sqlite", "mongo", "remote"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[OutputStore]:
    async with a_store(request) as made:
        yield made


@pytest.fixture(params=["memory", "mongo"])
async def cursors(request: pytest.FixtureRequest) -> AsyncIterator[CursorStore]:
    match request.param:
        case "memory":
            yield MemoryCursorStore()
        case _:
            async with a_database(request.getfixturevalue("mongo_database")) as database:
                yield MongoCursorStore(database)
