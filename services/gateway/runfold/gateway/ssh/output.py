"""`/logs_ws` as dstack's clients read it, at port 10999 of a job: its output on a WebSocket, until it has ended."""

import asyncio
import socket
from datetime import datetime
from functools import partial

from aiohttp import web

from runfold.gateway.following import Following

PORT = 10999
_HEARTBEAT = 60.0


class OutputPort:
    """Serves each connection with output of the attempt that it was made for."""

    def __init__(self, following: Following) -> None:
        self._following = following

    async def connect(self, attempt_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ours, theirs = socket.socketpair()
        server = web.Server(partial(self._serve, attempt_id), access_log=None)
        await asyncio.get_running_loop().connect_accepted_socket(server, theirs)
        return await asyncio.open_unix_connection(sock=ours)

    async def _serve(self, attempt_id: str, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != "/logs_ws":
            raise web.HTTPNotFound
        after = _start(request)
        socket_ = web.WebSocketResponse(heartbeat=_HEARTBEAT)
        await socket_.prepare(request)
        sending = asyncio.create_task(self._send(attempt_id, after, socket_))
        # Reading answers pings, and sees that the other end is gone.
        closing = asyncio.create_task(_until_closed(socket_))
        await asyncio.wait((sending, closing), return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, closing):
            task.cancel()
        await asyncio.gather(sending, closing, return_exceptions=True)
        await socket_.close()
        return socket_

    async def _send(self, attempt_id: str, after: int | None, to: web.WebSocketResponse) -> None:
        async for piece in self._following.follow(attempt_id, after):
            await to.send_bytes(piece)


async def _until_closed(of: web.WebSocketResponse) -> None:
    async for _ in of:
        pass


def _start(request: web.BaseRequest) -> int | None:
    """Microseconds; None for all of it."""
    given = request.query.get("start_time")
    if not given:
        return None
    try:
        return int(datetime.fromisoformat(given).timestamp() * 1_000_000)
    except ValueError:
        raise web.HTTPBadRequest(text="start_time is no time as ISO 8601 has it") from None
