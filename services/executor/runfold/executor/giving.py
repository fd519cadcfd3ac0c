"""Bytes for whoever may have gone meanwhile."""

import asyncio
from contextlib import suppress


async def give(to: asyncio.StreamWriter, data: bytes) -> None:
    """Waits while it takes nothing more. What nobody takes any more is dropped: that it is gone is told by its end.

    uvloop raises RuntimeError for a connection that it has closed, where asyncio raises ConnectionError.
    """
    with suppress(ConnectionError, RuntimeError):
        to.write(data)
        await to.drain()
