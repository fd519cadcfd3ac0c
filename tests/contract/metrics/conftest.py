"""Every store of samples there is: one suite for all of them. Each keeps KEPT samples an attempt."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.eventlog.adapters.metrics_memory import MemoryMetricsStore
from runfold.eventlog.adapters.metrics_mongo import MongoMetricsStore
from runfold.eventlog.adapters.metrics_remote import RemoteMetrics
from runfold.eventlog.adapters.metrics_sqlite import SqliteMetricsStore
from runfold.eventlog.adapters.mongo_documents import connect
from runfold.eventlog.metrics import MetricsStore
from runfold.log.http.metrics import routes
from runfold.log.http.tokens import Tokens
from tests.contract.metrics.given import KEPT


class Distant:
    """Written where it is, and read through the log service's HTTP interface."""

    def __init__(self, here: MemoryMetricsStore, there: RemoteMetrics) -> None:
        self.add, self.delete_before, self.close = here.add, here.delete_before, here.close
        self.read = there.read


@asynccontextmanager
async def a_log_service() -> AsyncIterator[Distant]:
    here = MemoryMetricsStore(KEPT)
    app = web.Application()
    app.add_routes(routes(here, Tokens({"gateway": "secret"})))
    async with TestServer(app) as server:
        there = RemoteMetrics([str(server.make_url(""))], "secret")
        yield Distant(here, there)
        await there.close()


@asynccontextmanager
async def a_store(request: pytest.FixtureRequest) -> AsyncIterator[MetricsStore]:
    match request.param:
        case "memory":
            yield MemoryMetricsStore(KEPT)
        case "remote":
            async with a_log_service() as distant:
                yield distant
        case "sqlite":
            store = SqliteMetricsStore(request.getfixturevalue("tmp_path") / "metrics.db", KEPT)
            yield store
            await store.close()
        case _:
            where = request.getfixturevalue("mongo_database")
            database = connect(where.url, where.name)
            yield MongoMetricsStore(database, KEPT)
            database.client.close()


@pytest.fixture(params=["memory", "sqlite", "mongo", "remote"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[MetricsStore]:
    async with a_store(request) as made:
        yield made
