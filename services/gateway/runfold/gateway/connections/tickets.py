"""Tickets: each is good for one connection of an executor to this gateway, while somebody waits for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

from aiohttp import web

from runfold.ports import Ids
from runfold.service.line import HEARTBEAT, MOST_MESSAGE, Line

PATH = "/api/runfold/v1/connections/{ticket}"


class Tickets:
    """Known by their digests alone, and for as long as they are waited for."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._waiting: dict[str, asyncio.Future[Line]] = {}
        self._lines: set[Line] = set()

    @asynccontextmanager
    async def issue(self) -> AsyncIterator[tuple[str, Callable[[], Awaitable[Line]]]]:
        """A ticket, and a function that waits for the line that comes by it; one that nobody took is closed."""
        ticket = self._ids.token()
        name = _digest(ticket)
        self._waiting[name] = coming = _future()
        taken = False

        async def take() -> Line:
            nonlocal taken
            line = await coming
            taken = True
            return line

        try:
            yield ticket, take
        finally:
            self._waiting.pop(name, None)
            if coming.done() and not coming.cancelled() and not taken:
                await coming.result().close()
            coming.cancel()

    async def redeem(self, request: web.Request) -> web.StreamResponse:
        """As an aiohttp handler: the executor's line, for as long as it is open. 404 without a ticket that is waited
        for."""
        coming = self._waiting.pop(_digest(request.match_info["ticket"]), None)
        if coming is None or coming.done():
            raise web.HTTPNotFound
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=MOST_MESSAGE)
        await socket.prepare(request)
        if coming.done():
            await socket.close()
            return socket
        line, closed = Line(socket), asyncio.Event()
        line.on_closed = closed.set
        coming.set_result(line)
        self._lines.add(line)
        try:
            await closed.wait()
        finally:
            self._lines.discard(line)
        return socket

    async def close(self) -> None:
        """Ends every line."""
        await asyncio.gather(*(line.close() for line in tuple(self._lines)))


def _future() -> "asyncio.Future[Line]":
    return asyncio.get_running_loop().create_future()


def _digest(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()
