"""A connection to the broker within the process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import replace

import structlog

from runfold.bus.adapters.in_process.broker import InProcessBroker
from runfold.bus.adapters.in_process.dead_letters import InProcessDeadLetters
from runfold.bus.adapters.in_process.queue import QueueState
from runfold.bus.adapters.in_process.subscription import InProcessSubscription, Surroundings
from runfold.bus.delivery import Redelivery
from runfold.bus.port import BusUnavailable, Handler, Message, Refused, Unroutable
from runfold.bus.topology import Exchange, Queue
from runfold.bus.trace import inject

log = structlog.get_logger("runfold.bus")

#: A publisher that never waits for anything else lets consumers run after so many messages.
_BURST = 32


class InProcessBus:
    """Without a `broker` it has one of its own; several share one as processes would."""

    def __init__(
        self,
        broker: InProcessBroker | None = None,
        *,
        redelivery: Redelivery | None = None,
        grace: float = 1.0,
    ) -> None:
        self.broker = broker or InProcessBroker()
        self.dead_letters = InProcessDeadLetters(self.broker)
        self._surroundings = Surroundings(redelivery or Redelivery(), grace, self.broker.bury, self._forget)
        self._subscriptions: list[InProcessSubscription] = []
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._announcements: dict[asyncio.Task[None], None] = {}
        self._closed = False
        self._burst = 0
        self.broker.join(self)

    #: Queues end with the process they are in.
    durable = False

    @property
    def connected(self) -> bool:
        return self.broker.up and not self._closed

    async def publish(
        self, exchange: Exchange, key: str, message: Message, *, mandatory: bool = False
    ) -> None:
        self._require_connection()
        queues = self.broker.route(exchange, key)
        if not queues and mandatory:
            raise Unroutable(f"no queue takes {key!r} from {exchange}")
        headers = inject(message.headers)
        if headers is not message.headers:
            message = replace(message, headers=headers)
        self._put(queues, message)
        self._burst += 1
        if self._burst % _BURST == 0:
            await asyncio.sleep(0)

    async def consume(self, queue: Queue, handler: Handler) -> InProcessSubscription:
        subscription = InProcessSubscription(queue, handler, self._surroundings)
        self._subscriptions.append(subscription)
        self._attach(subscription)
        return subscription

    async def hold(self, sign: str) -> bool:
        self._require_connection()
        return self.broker.hold(sign, self)

    async def release(self, sign: str) -> None:
        self._require_connection()
        self.broker.release(sign, self)

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._callbacks.append(callback)
        if self.connected:
            self._run(callback)

    async def close(self) -> None:
        await asyncio.gather(*(subscription.cancel() for subscription in tuple(self._subscriptions)))
        self.kill()

    def kill(self) -> None:
        """As a crash of its process: nothing more is sent or handled, what was in hand goes back."""
        if self._closed:
            return
        self._closed = True
        self.broker.leave(self)
        for subscription in self._subscriptions:
            subscription.kill()
        for announcement in tuple(self._announcements):
            announcement.cancel()
        self._subscriptions.clear()
        self.broker.drop_exclusive(self)

    def lose(self) -> None:
        """The broker went away."""
        for subscription in self._subscriptions:
            subscription.detach()
        self.broker.drop_exclusive(self)

    def attach_waiting(self) -> None:
        for subscription in self._subscriptions:
            if not subscription.attached:
                self._attach(subscription)

    def announce(self) -> None:
        for callback in self._callbacks:
            self._run(callback)

    def _require_connection(self) -> None:
        if not self.connected:
            raise BusUnavailable("the bus is closed" if self._closed else "no broker")

    def _put(self, queues: tuple[QueueState, ...], message: Message) -> None:
        full = [queue.spec.name for queue in queues if not queue.put(message)]
        if full:
            raise Refused(f"full: {', '.join(full)}")

    def _attach(self, subscription: InProcessSubscription) -> None:
        queue = self.broker.declare(subscription.spec, self) if self.connected else None
        if queue is not None:
            subscription.attach(queue)

    def _forget(self, subscription: InProcessSubscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self.broker.drop_unused(self)

    def _run(self, callback: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(callback), context=Context())
        self._announcements[task] = None
        task.add_done_callback(self._announcements.pop)

    async def _guarded(self, callback: Callable[[], Awaitable[None]]) -> None:
        try:
            await callback()
        except Exception:
            log.exception("a callback on connection failed")
