"""How long to wait before trying again: exponential, with jitter, so that those who failed together return apart."""

import asyncio
import hashlib

from runfold.ports import Ids


def chance(ids: Ids) -> float:
    """A number from 0 up to 1, as random as `ids`."""
    digest = hashlib.sha256(ids.token().encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


class Backoff:
    """Waits of `first` seconds, doubled up to `most`; each is shortened by up to its half."""

    def __init__(self, ids: Ids, *, first: float = 0.1, most: float = 10.0) -> None:
        self._ids = ids
        self._first = first
        self._most = most
        self._whole = first

    def next(self) -> float:
        """Seconds to wait now; the next wait is longer."""
        whole, self._whole = self._whole, min(self._whole * 2, self._most)
        return whole * (1 - chance(self._ids) / 2)

    def reset(self) -> None:
        """It worked: the next wait is a short one."""
        self._whole = self._first

    async def wait(self) -> None:
        await asyncio.sleep(self.next())
