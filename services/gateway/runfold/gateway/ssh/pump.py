"""Two streams, each the other's input."""

import asyncio
from contextlib import suppress
from typing import Any

_PIECE = 64 * 1024


async def join(reader: Any, writer: Any, other_reader: Any, other_writer: Any) -> None:
    """Until both have ended, or one of them is gone; closes both. Of asyncio or of asyncssh."""
    ways = [
        asyncio.create_task(_carry(reader, other_writer)),
        asyncio.create_task(_carry(other_reader, writer)),
    ]
    try:
        await asyncio.gather(*ways)
    finally:
        for way in ways:
            way.cancel()
        writer.close()
        other_writer.close()


async def _carry(reader: Any, writer: Any) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while data := await reader.read(_PIECE):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.write_eof()
