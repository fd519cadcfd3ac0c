"""Who waits for a position to be folded."""

import asyncio
import heapq
from itertools import count


class Waiters:
    def __init__(self) -> None:
        self._heap: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    def add(self, position: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._heap, (position, next(self._order), future))
        return future

    def release(self, position: int) -> None:
        """Those up to `position` go on."""
        while self._heap and self._heap[0][0] <= position:
            future = heapq.heappop(self._heap)[2]
            if not future.done():
                future.set_result(None)
