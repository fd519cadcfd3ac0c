"""Tells when files grow, without polling: the kernel's inotify, which the standard library doesn't wrap."""

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path

_IN_MODIFY = 0x2
_IN_CLOEXEC = os.O_CLOEXEC
_IN_NONBLOCK = os.O_NONBLOCK
_HEADER = struct.Struct("iIII")


class Inotify:
    """One kernel queue for all watched files; callbacks run on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._loop = loop
        self._file: int = self._checked(self._libc.inotify_init1(_IN_CLOEXEC | _IN_NONBLOCK))
        self._callbacks: dict[int, Callable[[], None]] = {}
        loop.add_reader(self._file, self._read)

    def watch(self, path: Path, grew: Callable[[], None]) -> int:
        """A watch's number, for `forget`; OSError when there can be no more watches."""
        number = self._checked(self._libc.inotify_add_watch(self._file, os.fsencode(path), _IN_MODIFY))
        self._callbacks[number] = grew
        return number

    def forget(self, number: int) -> None:
        if self._callbacks.pop(number, None):
            self._libc.inotify_rm_watch(self._file, number)

    def close(self) -> None:
        self._loop.remove_reader(self._file)
        os.close(self._file)

    def _read(self) -> None:
        data = os.read(self._file, 65536)
        numbers = set()
        while data:
            number, _, _, length = _HEADER.unpack_from(data)
            numbers.add(number)
            data = data[_HEADER.size + length :]
        for number in sorted(numbers):
            if callback := self._callbacks.get(number):
                callback()
        if -1 in numbers:  # the queue overflowed: anything may have happened
            for callback in list(self._callbacks.values()):
                callback()

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result
