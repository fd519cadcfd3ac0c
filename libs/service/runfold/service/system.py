"""The real clock and the real randomness; the only place that touches either."""

import os
import secrets
import time

_BLOCK = 4096
#: The digit that has the variant's two bits and two random ones, by any digit.
_VARIANT = {f"{digit:x}": f"{0x8 | digit & 0x3:x}" for digit in range(16)}


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1000


class SystemIds:
    """Ids from random bytes drawn in blocks: a system call per id costs more than all else of it. They are made as
    text, which an object of their own would only take twice as long for."""

    def __init__(self, clock: SystemClock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._block = b""
        self._next = 0

    def uuid4(self) -> str:
        digits = self._random(16).hex()
        return f"{digits[:8]}-{digits[8:12]}-{_rest(digits[12:], 4)}"

    def uuid7(self) -> str:
        millis = f"{self._clock.now() // 1000:012x}"
        return f"{millis[:8]}-{millis[8:]}-{_rest(self._random(10).hex(), 7)}"

    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def _random(self, size: int) -> bytes:
        if self._next + size > len(self._block):
            self._block, self._next = os.urandom(_BLOCK), 0
        start, self._next = self._next, self._next + size
        return self._block[start : self._next]


def _rest(digits: str, version: int) -> str:
    """The last 20 digits of a UUID as RFC 9562 has them, from random ones."""
    return f"{version}{digits[1:4]}-{_VARIANT[digits[4]]}{digits[5:8]}-{digits[8:]}"
