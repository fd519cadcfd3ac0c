"""A log's data, which several writers may want: each with a connection, and perhaps an HTTP server, of its own."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Middleware

from runfold.eventlog.adapters.remote import RemoteLog
from runfold.eventlog.port import CommitStore, EventLog
from runfold.eventlog.writer import Writer
from runfold.log.http.eventlog import routes
from runfold.log.http.tokens import Tokens
from tests.contract.eventlog.given import CLOCK, IDS
from tests.faulty_store import FaultyStore

TOKEN = "token-of-the-scheduler"


class World:
    """`connect` opens the data once more, as another process would."""

    def __init__(self, connect: Callable[[], CommitStore], remote: bool, exits: AsyncExitStack) -> None:
        self._connect, self._remote, self._exits = connect, remote, exits

    def store(self) -> FaultyStore:
        store = FaultyStore(self._connect())
        self._exits.push_async_callback(store.close)
        return store

    async def writer(self, store: CommitStore | None = None, **options: Any) -> Writer:
        """One that has taken over."""
        writer = self.standby(store, **options)
        await writer.start()
        return writer

    def standby(self, store: CommitStore | None = None, **options: Any) -> Writer:
        writer = Writer(store or self.store(), **{"clock": CLOCK, "ids": IDS, **options})
        self._exits.push_async_callback(writer.stop)
        return writer

    async def log(self, writer: Writer) -> EventLog:
        """The port as a service would have it: the writer itself, or its HTTP client."""
        return await self.client([await self.serve(writer)]) if self._remote else writer

    async def serve(self, writer: Writer, *middlewares: Middleware) -> str:
        """Base URL of a server for the writer."""
        app = web.Application(middlewares=middlewares)
        app.add_routes(routes(writer, Tokens({"scheduler": TOKEN}), CLOCK))
        server = TestServer(app)
        await server.start_server()
        self._exits.push_async_callback(server.close)
        return str(server.make_url("")).rstrip("/")

    async def client(self, urls: list[str], token: str = TOKEN, **options: Any) -> RemoteLog:
        log = RemoteLog(urls, token, **options)
        self._exits.push_async_callback(log.close)
        return log
