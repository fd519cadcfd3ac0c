"""One queue: what waits in it, its bounds, and whose turn it is."""

from collections import deque
from collections.abc import Iterable
from typing import Protocol

from runfold.bus.port import Message
from runfold.bus.topology import Queue


class Entry:
    """A message in one queue; `number` is its place among all that this queue ever had."""

    __slots__ = ("message", "number")

    def __init__(self, message: Message, number: int) -> None:
        self.message = message
        self.number = number


class Taker(Protocol):
    """Who consumes a queue."""

    @property
    def has_room(self) -> bool: ...

    def take(self, entry: Entry) -> None: ...


class QueueState:
    """The bounds count what waits here, not what is in a consumer's hands."""

    def __init__(self, spec: Queue, owner: object | None) -> None:
        self.spec = spec
        self.owner = owner  #: the connection that an exclusive queue ends with
        self.takers: deque[Taker] = deque()
        self._waiting: deque[Entry] = deque()
        self._size = 0
        self._next = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> bool:
        """False when the queue is full and refuses more."""
        entry = Entry(message, self._next)
        taker = None if self._waiting else self._free_taker()
        if taker is not None:
            self._next += 1
            taker.take(entry)
            return True
        size = self._size + len(message.body)
        if size > self.spec.max_bytes and self.spec.overflow == "reject-publish":
            return False
        self._next += 1
        self._size = size
        self._waiting.append(entry)
        if size > self.spec.max_bytes:
            self._drop_heads()
        return True

    def put_back(self, entries: Iterable[Entry]) -> None:
        """What was taken and not done returns to its place; no bound applies to it."""
        self._waiting = deque(sorted([*entries, *self._waiting], key=lambda entry: entry.number))
        self._size = sum(len(entry.message.body) for entry in self._waiting)
        self.hand_out()

    def hand_out(self) -> None:
        while self._waiting and (taker := self._free_taker()) is not None:
            taker.take(self.pop())

    def pop(self) -> Entry:
        entry = self._waiting.popleft()
        self._size -= len(entry.message.body)
        return entry

    def remove(self, index: int) -> None:
        """What waits at that place, the oldest being at 0."""
        self._size -= len(self._waiting[index].message.body)
        del self._waiting[index]

    def waiting(self, limit: int) -> list[Message]:
        return [entry.message for entry, _ in zip(self._waiting, range(limit), strict=False)]

    def _free_taker(self) -> Taker | None:
        for _ in range(len(self.takers)):
            taker = self.takers[0]
            self.takers.rotate(-1)
            if taker.has_room:
                return taker
        return None

    def _drop_heads(self) -> None:
        while self._waiting and self._size > self.spec.max_bytes:
            self.pop()
