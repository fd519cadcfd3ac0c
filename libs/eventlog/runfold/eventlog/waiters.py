"""Who waits for a position to be folded."""

import asyncio
import heapq
from itertools import count

#: Places of those who gave up that are swept at the least; sweeping costs as much as there are places.
_SWEEP = 64


class Waiters:
    """Who gives up leaves a place behind; there are never many more of those than there are who wait."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._gone = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, position: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.add_done_callback(self._left)
        heapq.heappush(self._heap, (position, next(self._order), future))
        return future

    def release(self, position: int) -> None:
        """Those up to `position` go on."""
        while self._heap and self._heap[0][0] <= position:
            future = heapq.heappop(self._heap)[2]
            if not future.done():
                future.set_result(None)

    def _left(self, future: asyncio.Future[None]) -> None:
        if not future.cancelled():
            return
        self._gone += 1
        if self._gone >= max(_SWEEP, len(self._heap) // 2):
            self._heap = [place for place in self._heap if not place[2].done()]
            heapq.heapify(self._heap)
            self._gone = 0
