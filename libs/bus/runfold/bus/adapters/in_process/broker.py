"""What the connections of one process share: queues, bindings, and whether the broker is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runfold.bus.adapters.in_process.queue import QueueState
from runfold.bus.adapters.in_process.routing import Bindings
from runfold.bus.dead_letters import buried
from runfold.bus.port import Message
from runfold.bus.topology import Exchange, Queue, dead_letters

if TYPE_CHECKING:
    from runfold.bus.adapters.in_process.bus import InProcessBus


class InProcessBroker:
    """Queues outlive `stop` and `start` unless they are exclusive, as RabbitMQ's durable ones do."""

    def __init__(self) -> None:
        self.up = True
        self._queues: dict[str, QueueState] = {}
        self._bindings = Bindings()
        self._connections: list[InProcessBus] = []
        self._signs: dict[str, InProcessBus] = {}
        self._named = 0

    def stop(self) -> None:
        """Every connection is lost at once; publishing fails until `start`."""
        self.up = False
        for connection in tuple(self._connections):
            connection.lose()

    def start(self) -> None:
        self.up = True
        self.retry_waiting()
        for connection in tuple(self._connections):
            connection.announce()

    def join(self, connection: InProcessBus) -> None:
        self._connections.append(connection)

    def leave(self, connection: InProcessBus) -> None:
        self._connections.remove(connection)

    def declare(self, spec: Queue, connection: InProcessBus | None = None) -> QueueState | None:
        """The queue, with its dead letters' one; None while it is exclusive to another connection."""
        if spec.delivery_limit is not None:
            self.declare(dead_letters(spec))
        queue = self._queues.get(spec.name) if spec.name else None
        if queue is None:
            queue = QueueState(spec, connection if spec.exclusive else None)
            self._queues[spec.name or self._new_name()] = queue
            self._bindings.bind(queue)
        return queue if queue.owner in (None, connection) else None

    def hold(self, sign: str, connection: InProcessBus) -> bool:
        return self._signs.setdefault(sign, connection) is connection

    def release(self, sign: str, connection: InProcessBus) -> None:
        if self._signs.get(sign) is connection:
            del self._signs[sign]

    def drop_exclusive(self, connection: InProcessBus) -> None:
        for sign in [sign for sign, holder in self._signs.items() if holder is connection]:
            del self._signs[sign]
        self._drop([name for name, queue in self._queues.items() if queue.owner is connection])

    def drop_unused(self, connection: InProcessBus) -> None:
        """An exclusive queue ends with the last who takes from it, too."""
        self._drop([n for n, queue in self._queues.items() if queue.owner is connection and not queue.takers])

    def retry_waiting(self) -> None:
        """An exclusive queue was freed, or the broker is back: who waited for that tries again, in order."""
        for connection in tuple(self._connections):
            connection.attach_waiting()

    def route(self, exchange: Exchange, key: str) -> tuple[QueueState, ...]:
        return self._bindings.route(exchange, key)

    def bury(self, source: Queue, message: Message, reason: str) -> None:
        if source.delivery_limit is not None:
            for queue in self.route(Exchange.DEAD, source.name):
                queue.put(buried(message, reason))

    def _drop(self, names: list[str]) -> None:
        for name in names:
            self._bindings.unbind(self._queues.pop(name))
        if names:
            self.retry_waiting()

    def _new_name(self) -> str:
        self._named += 1
        return f"amq.gen-{self._named}"
