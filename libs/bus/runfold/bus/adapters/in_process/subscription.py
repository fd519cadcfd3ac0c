"""A consumer of one queue: as many handlers at once as its prefetch allows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass

from runfold.bus.adapters.in_process.queue import Entry, QueueState
from runfold.bus.delivery import Redelivery, deliver, end_handlers
from runfold.bus.port import Handler, Message
from runfold.bus.topology import Queue


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a subscription needs of its connection."""

    redelivery: Redelivery
    grace: float
    bury: Callable[[Queue, Message, str], None]
    forget: Callable[[InProcessSubscription], None]


class InProcessSubscription:
    """Attached to a queue while there is one to take from."""

    def __init__(self, spec: Queue, handler: Handler, surroundings: Surroundings) -> None:
        self.spec = spec
        self._handler = handler
        self._surroundings = surroundings
        self._queue: QueueState | None = None
        self._in_hand: dict[asyncio.Task[None], Entry] = {}
        self._orphans: dict[asyncio.Task[None], None] = {}

    @property
    def attached(self) -> bool:
        return self._queue is not None

    @property
    def has_room(self) -> bool:
        return len(self._in_hand) < self.spec.prefetch

    def attach(self, queue: QueueState) -> None:
        self._queue = queue
        queue.takers.append(self)
        queue.hand_out()

    def detach(self) -> None:
        """What is in hand goes back. Handlers go on, as they do when a connection breaks; their end says nothing."""
        self._stop_taking()
        self._orphans.update(dict.fromkeys(self._in_hand))
        self._give_back()

    def kill(self) -> None:
        """As `detach`, and no handler goes on."""
        self.detach()
        for task in tuple(self._orphans):
            task.cancel()

    def take(self, entry: Entry) -> None:
        # A fresh context: neither the publisher's spans nor its log bindings are the handler's.
        task = asyncio.get_running_loop().create_task(self._handle(entry.message), context=Context())
        self._in_hand[task] = entry

    async def cancel(self) -> None:
        self._stop_taking()
        await end_handlers((*self._in_hand, *self._orphans), self._surroundings.grace)
        self._give_back()
        self._surroundings.forget(self)

    async def _handle(self, message: Message) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            why_dead = await deliver(self.spec, self._handler, message, self._surroundings.redelivery)
        finally:
            self._orphans.pop(task, None)
        if self._in_hand.pop(task, None) is None:
            return
        if why_dead is not None:
            self._surroundings.bury(self.spec, message, why_dead)
        if self._queue is not None:
            self._queue.hand_out()

    def _stop_taking(self) -> None:
        if self._queue is not None and self in self._queue.takers:
            self._queue.takers.remove(self)

    def _give_back(self) -> None:
        queue, self._queue = self._queue, None
        returned, self._in_hand = self._in_hand, {}
        if queue is not None and returned:
            queue.put_back(returned.values())
