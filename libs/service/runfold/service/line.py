"""A WebSocket between gateway and executor, as what `runfold.contracts.connection` says on it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from runfold.contracts.connection import MOST_BYTES, Said, decode, encode

HEARTBEAT = 20.0  #: seconds between pings: a line whose other end is gone is closed within two of them
DIALLING = 10.0  #: seconds until a gateway must have answered
#: A frame's own bytes are few; one that is larger than this is nobody's of ours.
MOST_MESSAGE = 2 * MOST_BYTES

Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


class Line:
    """One end. Sending waits while the other end reads more slowly; it raises ConnectionError once that is gone."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self.on_closed: Callable[[], None] = lambda: None

    async def say(self, said: Said) -> None:
        await self._socket.send_str(encode(said))

    async def send(self, stream: int, data: bytes) -> None:
        for start in range(0, len(data), MOST_BYTES):
            await self._socket.send_bytes(bytes([stream]) + data[start : start + MOST_BYTES])

    async def hear(self) -> Said | tuple[int, bytes] | None:
        """What was said, or bytes with their stream; None once it is closed, or something else is said on it."""
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.BINARY and message.data:
            return message.data[0], message.data[1:]
        if message.type is aiohttp.WSMsgType.TEXT:
            try:
                return decode(message.data)
            except ValueError:
                return None
        return None

    async def close(self) -> None:
        try:
            await self._socket.close()
        finally:
            self.on_closed()


@asynccontextmanager
async def dial(url: str, fingerprint: str | None) -> AsyncIterator[Line]:
    """A line to `url`, closed at the end. `fingerprint`: SHA-256 of its certificate in hex, or None.

    Raises ConnectionError, TimeoutError, aiohttp.ClientError.
    """
    trusted = aiohttp.Fingerprint(bytes.fromhex(fingerprint)) if fingerprint else True
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=DIALLING)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.ws_connect(url, ssl=trusted, heartbeat=HEARTBEAT, max_msg_size=MOST_MESSAGE) as socket,
    ):
        yield Line(socket)
