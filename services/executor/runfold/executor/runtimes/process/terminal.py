"""Our end of a pseudo-terminal, read and written without blocking."""

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from contextlib import suppress

from runfold.contracts.connection import MOST_BYTES


class Master:
    """Our end of a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._loop = descriptor, asyncio.get_running_loop()
        self._closed = False
        os.set_blocking(descriptor, False)

    async def read(self) -> bytes:
        while not self._closed:
            with suppress(BlockingIOError):
                try:
                    return os.read(self._descriptor, MOST_BYTES)
                except OSError as error:
                    if isinstance(error, BlockingIOError):
                        raise
                    return b""  # nobody has the other end any more
            await self._ready(self._loop.add_reader, self._loop.remove_reader)
        return b""

    async def write(self, data: bytes) -> None:
        while data and not self._closed:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)
            except OSError:
                return

    def end(self) -> None:
        """As Ctrl-D at the beginning of a line: a terminal has no other end of input."""
        with suppress(OSError):
            os.write(self._descriptor, b"\x04")

    def resize(self, columns: int, rows: int) -> None:
        with suppress(OSError):
            resize(self._descriptor, columns, rows)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        ready = asyncio.Event()
        add(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            if not self._closed:
                remove(self._descriptor)


def resize(descriptor: int, columns: int, rows: int) -> None:
    size = struct.pack("HHHH", min(rows, 0xFFFF), min(columns, 0xFFFF), 0, 0)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)
