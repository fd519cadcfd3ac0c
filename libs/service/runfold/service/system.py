"""The real clock and the real randomness; the only place that touches either."""

import os
import secrets
import time
import uuid

_BLOCK = 4096


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1000


class SystemIds:
    """Ids from random bytes drawn in blocks: a system call per id costs more than all else of it."""

    def __init__(self, clock: SystemClock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._block = b""
        self._next = 0

    def uuid4(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))

    def uuid7(self) -> str:
        millis = (self._clock.now() // 1000).to_bytes(6, "big")
        value = int.from_bytes(millis + self._random(10), "big")
        value = value & ~(0xF << 76) | (0x7 << 76)
        value = value & ~(0x3 << 62) | (0x2 << 62)
        return str(uuid.UUID(int=value))

    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def _random(self, size: int) -> bytes:
        if self._next + size > len(self._block):
            self._block, self._next = os.urandom(_BLOCK), 0
        start, self._next = self._next, self._next + size
        return self._block[start : self._next]
