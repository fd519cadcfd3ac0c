"""Where appends wait for the next commit."""

import asyncio
from collections import deque

from runfold.eventlog.batch import Pending
from runfold.eventlog.port import EventLogError, Unavailable

MOST_WAITING = 10_000
MOST_BYTES = 64 * 1024 * 1024


class Line:
    """First come, first served, within bounds."""

    def __init__(self) -> None:
        self._waiting: deque[Pending] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self.closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, pending: Pending) -> None:
        """Raises Unavailable when too many wait already."""
        if len(self._waiting) >= MOST_WAITING or self._bytes >= MOST_BYTES:
            raise Unavailable(f"{len(self._waiting)} appends wait already")
        self._waiting.append(pending)
        self._bytes += len(pending.encoded)
        self._filled.set()

    def first(self) -> Pending:
        return self._waiting[0]

    def leave(self) -> Pending:
        pending = self._waiting.popleft()
        self._bytes -= len(pending.encoded)
        return pending

    def close(self) -> None:
        """Nobody else will come."""
        self.closed = True
        self._filled.set()

    async def filled(self) -> bool:
        """Returns once someone waits, or False once nobody will any more."""
        while not self._waiting and not self.closed:
            self._filled.clear()
            await self._filled.wait()
        return bool(self._waiting)

    def drop_all(self, error: EventLogError) -> list[Pending]:
        """Everyone fails with `error`."""
        return self._drop(len(self._waiting), error)

    def drop_late(self, now: float, error: EventLogError) -> list[Pending]:
        """Those whose deadline has passed fail with `error`."""
        late = 0
        for pending in self._waiting:
            if pending.deadline > now:
                break
            late += 1
        return self._drop(late, error)

    def _drop(self, count: int, error: EventLogError) -> list[Pending]:
        dropped = [self.leave() for _ in range(count)]
        for pending in dropped:
            pending.fail(error)
        return dropped
