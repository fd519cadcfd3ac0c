"""Waiting for more of something to arrive, within one process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from weakref import WeakValueDictionary


class Arrivals:
    """Wakes those who wait for more of a key; a key for which nobody waits takes no memory."""

    def __init__(self) -> None:
        self._events: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()

    def announce(self, keys: Iterable[str]) -> None:
        for key in keys:
            if (arrived := self._events.pop(key, None)) is not None:
                arrived.set()

    async def beyond(
        self, key: str, length: int, seconds: float, measure: Callable[[str], Awaitable[int]]
    ) -> None:
        """Returns as soon as `measure(key)` is above `length`, or after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                # Listening begins before measuring, so that nothing arrives unnoticed between the two.
                arrived = self._listen(key)
                while await measure(key) <= length:
                    await arrived.wait()
                    arrived = self._listen(key)

    def _listen(self, key: str) -> asyncio.Event:
        if (arrived := self._events.get(key)) is None:
            arrived = self._events[key] = asyncio.Event()
        return arrived
