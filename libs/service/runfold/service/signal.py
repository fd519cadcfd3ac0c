"""An event that is taken back by whoever waits for it: for loops that work while there is something to do."""

import asyncio


class Signal:
    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, seconds: float | None = None) -> bool:
        """True once it is (or has been) set since the last call; False after `seconds`."""
        if not self._event.is_set() and not await self._within(seconds):
            return False
        self._event.clear()
        return True

    async def _within(self, seconds: float | None) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._event.wait()
        except TimeoutError:
            return False
