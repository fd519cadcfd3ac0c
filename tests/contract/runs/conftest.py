"""Every store of runs there is: one suite for all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.eventlog.adapters.mongo_documents import connect
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.adapters.runs_mongo import MongoRunStore
from runfold.eventlog.adapters.runs_remote import RemoteRuns
from runfold.eventlog.adapters.runs_sqlite import SqliteRunStore
from runfold.eventlog.runs import RunStore
from runfold.log.http.runs import routes
from runfold.log.http.tokens import Tokens


class Distant:
    """Written where it is, and read through the log service's HTTP interface."""

    def __init__(self, here: MemoryRunStore, there: RemoteRuns) -> None:
        self.write, self.replace, self.sweep, self.close = here.write, here.replace, here.sweep, here.close
        self.generations, self.get = there.generations, there.get
        self.of_attempt, self.page = there.of_attempt, there.page


@asynccontextmanager
async def a_log_service() -> AsyncIterator[Distant]:
    here = MemoryRunStore()
    app = web.Application()
    app.add_routes(routes(here, Tokens({"gateway": "secret"})))
    async with TestServer(app) as server:
        there = RemoteRuns([str(server.make_url(""))], "secret")
        yield Distant(here, there)
        await there.close()


@pytest.fixture(params=["memory", "sqlite", "mongo", "remote"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[RunStore]:
    match request.param:
        case "memory":
            yield MemoryRunStore()
        case "remote":
            async with a_log_service() as distant:
                yield distant
        case "sqlite":
            sqlite = SqliteRunStore(request.getfixturevalue("tmp_path") / "history.db")
            yield sqlite
            await sqlite.close()
        case _:
            where = request.getfixturevalue("mongo_database")
            database = connect(where.url, where.name)
            mongo = MongoRunStore(database)
            await mongo.prepare()
            yield mongo
            database.client.close()
