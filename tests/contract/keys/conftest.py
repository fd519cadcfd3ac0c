"""Every key store there is: one suite for all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.keys_mongo import MongoKeyStore
from runfold.eventlog.adapters.keys_remote import RemoteKeyStore
from runfold.eventlog.adapters.keys_sqlite import SqliteKeyStore
from runfold.eventlog.adapters.mongo_documents import connect
from runfold.eventlog.keys import KeyStore
from runfold.log.http.keys import routes
from runfold.log.http.tokens import Tokens
from tests.servers.fixtures import Database


@asynccontextmanager
async def served(keys: KeyStore) -> AsyncIterator[TestServer]:
    """The log service's HTTP face before `keys`, for gateway and scheduler."""
    app = web.Application()
    app.add_routes(routes(keys, Tokens({"gateway": "gateway-token", "scheduler": "scheduler-token"})))
    server = TestServer(app)
    async with server:
        yield server


@asynccontextmanager
async def remote() -> AsyncIterator[KeyStore]:
    async with served(MemoryKeyStore()) as server:
        store = RemoteKeyStore([str(server.make_url(""))], "gateway-token")
        yield store
        await store.close()


@asynccontextmanager
async def sqlite(path: Path) -> AsyncIterator[KeyStore]:
    store = SqliteKeyStore(path)
    yield store
    await store.close()


@asynccontextmanager
async def mongo(where: Database) -> AsyncIterator[KeyStore]:
    database = connect(where.url, where.name)
    yield MongoKeyStore(database)
    database.client.close()


@pytest.fixture(params=["memory", "sqlite", "mongo", "remote"])
async def keys(request: pytest.FixtureRequest) -> AsyncIterator[KeyStore]:
    match request.param:
        case "memory":
            yield MemoryKeyStore()
        case "remote":
            async with remote() as store:
                yield store
        case "sqlite":
            async with sqlite(request.getfixturevalue("tmp_path") / "keys.db") as store:
                yield store
        case _:
            async with mongo(request.getfixturevalue("mongo_database")) as store:
                yield store
