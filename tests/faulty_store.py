"""A store with faults, for tests and simulations of what stands on it."""

import asyncio
from collections import deque
from enum import Enum, auto

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.port import CommitStore, NumberTaken, Unavailable


class Fault(Enum):
    """What becomes of one insert."""

    REFUSED = auto()  #: nothing is stored, nothing is answered
    LATE = (
        auto()
    )  #: nothing is answered, and it is stored only at `deliver`, if its number is still free then
    UNANSWERED = auto()  #: stored, but not answered
    PHANTOM = auto()  #: told as taken, by something that no majority has and that is rolled back


class FaultyStore:
    """Hands everything on to `store`, except as `faults` say for the next inserts, and as long as it is `away`."""

    def __init__(self, store: CommitStore) -> None:
        self._store = store
        self.faults: deque[Fault] = deque()
        self.late: list[CommitRecord] = []
        self.inserts: list[CommitRecord] = []  #: every one that was tried
        self.away = False
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        """Inserts wait from now on until `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def deliver(self) -> None:
        """What was late arrives now."""
        late, self.late = self.late, []
        for commit in late:
            try:
                await self._store.insert(commit)
            except NumberTaken:
                continue

    async def insert(self, commit: CommitRecord) -> None:
        self.inserts.append(commit)
        await self._open.wait()
        self._answer()
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.PHANTOM:
            raise NumberTaken("for now")
        if fault is Fault.LATE:
            self.late.append(commit)
        if fault in (None, Fault.UNANSWERED):
            await self._store.insert(commit)
        if fault is not None:
            raise Unavailable(f"no answer: {fault.name.lower()}")

    async def read(self, after: int, limit: int) -> list[CommitRecord]:
        self._answer()
        return await self._store.read(after, limit)

    async def outline(self, after: int, limit: int) -> list[CommitRecord]:
        self._answer()
        return await self._store.outline(after, limit)

    async def last(self) -> CommitRecord | None:
        self._answer()
        return await self._store.last()

    async def close(self) -> None:
        await self._store.close()

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("away")
