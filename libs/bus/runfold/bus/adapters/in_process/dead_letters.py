"""The dead letters of the broker within the process."""

from runfold.bus.adapters.in_process.broker import InProcessBroker
from runfold.bus.adapters.in_process.queue import QueueState
from runfold.bus.dead_letters import SEARCHED, DeadLetter, unearthed
from runfold.bus.port import BusUnavailable, Refused
from runfold.bus.topology import Queue, dead_letters


class InProcessDeadLetters:
    def __init__(self, broker: InProcessBroker) -> None:
        self._broker = broker

    async def count(self, source: Queue) -> int:
        return len(self._queue(dead_letters(source)))

    async def peek(self, source: Queue, limit: int = 100) -> list[DeadLetter]:
        waiting = self._queue(dead_letters(source)).waiting(limit)
        return [unearthed(message, source) for message in waiting]

    async def find(self, source: Queue, letter_id: str) -> DeadLetter | None:
        letters = await self.peek(source, SEARCHED)
        return next((letter for letter in letters if letter.id == letter_id), None)

    async def replay(self, source: Queue, limit: int | None = None) -> int:
        dead, target = self._queue(dead_letters(source)), self._queue(source)
        wanted = len(dead) if limit is None else min(limit, len(dead))
        for _ in range(wanted):
            if not target.put(unearthed(dead.waiting(1)[0], source).message):
                raise Refused(f"{source.name} is full")
            dead.pop()
        return wanted

    async def discard(self, source: Queue, letter_id: str) -> bool:
        dead = self._queue(dead_letters(source))
        for index, message in enumerate(dead.waiting(SEARCHED)):
            if unearthed(message, source).id == letter_id:
                dead.remove(index)
                return True
        return False

    def _queue(self, spec: Queue) -> QueueState:
        queue = self._broker.declare(spec) if self._broker.up else None
        if queue is None:
            raise BusUnavailable("no broker")
        return queue
