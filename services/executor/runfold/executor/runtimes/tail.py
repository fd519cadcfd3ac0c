"""Waits for the next bytes of an output file that grows."""

import asyncio
from collections.abc import Callable


class Tail:
    """`grew` and `close` are called on the event loop, by whoever sees the file grow or end."""

    def __init__(self, read: Callable[[int, int], bytes]) -> None:
        self._read = read
        self._grown = asyncio.Event()
        self._closed = False

    def grew(self) -> None:
        self._grown.set()

    def close(self) -> None:
        self._closed = True
        self._grown.set()

    async def read(self, offset: int, limit: int) -> bytes:
        """1 to `limit` bytes from `offset`, once there are any; b"" at the end."""
        while True:
            # Looked at before the file is: what closes in between is seen in the next round.
            closed = self._closed
            self._grown.clear()
            if data := self._read(offset, limit):
                return data
            if closed:
                return b""
            if not self._closed:
                await self._grown.wait()


class Awakener:
    """Calls on the event loop, from a thread; calls that it hasn't got to yet are one."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._pending = False

    def __call__(self) -> None:
        if self._pending:
            return
        self._pending = True
        try:
            self._loop.call_soon_threadsafe(self._awake)
        except RuntimeError:
            return  # the loop has ended: nobody is there to be woken

    def _awake(self) -> None:
        self._pending = False
        self._call()
