"""HTTP by hand, for clients that don't keep to it."""

import asyncio
from contextlib import suppress

from tests.integration.gateway.world import ADMIN

PATIENCE = 60.0  #: seconds after which a server that says nothing has hung
AUTHORIZED = f"Host: here\r\nAuthorization: Bearer {ADMIN}\r\n".encode()


class Wire:
    """One connection; `said` is all that came back until the server closed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, address: tuple[str, int] | None) -> "Wire":
        assert address is not None
        return cls(*await asyncio.open_connection(*address))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """Of the next answer, whose head is read and no more."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
        return int(head.split()[1])

    async def said(self) -> bytes:
        """Everything until the server closes, or resets, the connection."""
        async with asyncio.timeout(PATIENCE):
            said = bytearray()
            with suppress(ConnectionError):
                while piece := await self.reader.read(65536):
                    said += piece
            return bytes(said)

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def said_to(address: tuple[str, int] | None, request: bytes) -> bytes:
    """All that the server says to `request` until it closes."""
    wire = await Wire.to(address)
    try:
        with suppress(ConnectionError):
            await wire.send(request)
        return await wire.said()
    finally:
        await wire.close()


async def first_said_to(address: tuple[str, int] | None, request: bytes) -> bytes:
    """The first answer's head and what came with it; b"" where the server closes without a word."""
    wire = await Wire.to(address)
    try:
        with suppress(ConnectionError):
            await wire.send(request)
        async with asyncio.timeout(PATIENCE):
            said = await wire.reader.readuntil(b"\r\n\r\n")
        return said + await wire.reader.read(65536)
    except (ConnectionError, asyncio.IncompleteReadError):
        return b""
    finally:
        await wire.close()


def statuses(said: bytes) -> list[int]:
    """Of all answers in `said`."""
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]] + [
        int(part[:3]) for part in said.split(b"HTTP/1.0 ")[1:]
    ]
