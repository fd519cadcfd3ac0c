"""A connection to a port, as a session."""

import asyncio
import socket
from contextlib import suppress

from runfold.contracts.connection import DATA, MOST_BYTES
from runfold.executor.giving import give
from runfold.executor.runtime import Unreachable

PATIENCE = 10.0  #: seconds until what listens must have taken the connection


class TcpSession:
    """Of a connection that stands."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self) -> tuple[int, bytes]:
        try:
            return DATA, await self._reader.read(MOST_BYTES)
        except ConnectionError:
            return DATA, b""

    async def write(self, data: bytes) -> None:
        await give(self._writer, data)

    async def end_input(self) -> None:
        with suppress(OSError, RuntimeError):
            self._writer.write_eof()

    async def resize(self, columns: int, rows: int) -> None:
        """It has no terminal."""

    async def signal(self, name: str) -> None:
        """Nothing runs in it."""

    async def exited(self) -> int | None:
        return None

    async def close(self) -> None:
        self._writer.close()


async def connect(port: int, host: str = "127.0.0.1") -> TcpSession:
    """Raises Unreachable."""
    try:
        async with asyncio.timeout(PATIENCE):
            return TcpSession(*await asyncio.open_connection(host, port))
    except (OSError, TimeoutError) as error:
        raise _nobody(port, error) from error


async def over(connected: socket.socket) -> TcpSession:
    """Of a socket that somebody else has connected."""
    connected.setblocking(False)
    return TcpSession(*await asyncio.open_connection(sock=connected))


def _nobody(port: int, error: Exception) -> Unreachable:
    return Unreachable(f"nothing answers at port {port} of the job: {str(error) or 'it takes too long'}")
