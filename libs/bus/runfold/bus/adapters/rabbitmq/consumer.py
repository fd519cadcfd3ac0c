"""A consumer of one queue, on a channel of its own, which comes back by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

import structlog
from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as UnderlayChannel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import ChannelLockedResource

from runfold.bus.adapters.rabbitmq.declare import Declarer
from runfold.bus.adapters.rabbitmq.errors import FAILURES, describe, failures_ignored, told_apart
from runfold.bus.adapters.rabbitmq.link import Link
from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.adapters.rabbitmq.wire import incoming
from runfold.bus.delivery import Redelivery, deliver, end_handlers
from runfold.bus.port import BusError, Handler, Message
from runfold.bus.topology import Queue

log = structlog.get_logger("runfold.bus")


#: Makes a dead letter of a message of that queue, with the reason; durable when it returns. Raises BusError.
Bury = Callable[[Queue, Message, str], Awaitable[None]]


class Consumer:
    """`attached` while the queue is declared and its messages come."""

    def __init__(
        self,
        link: Link,
        queue: Queue,
        handler: Handler,
        redelivery: Redelivery,
        timings: Timings,
        bury: Bury,
        forget: Callable[["Consumer"], None],
    ) -> None:
        self.attached = asyncio.Event()
        self._link = link
        self._queue = queue
        self._handler = handler
        self._redelivery = redelivery
        self._timings = timings
        self._bury = bury
        self._forget = forget
        self._handlers: dict[asyncio.Task[None], None] = {}
        self._channel: UnderlayChannel | None = None
        self._tag: str | None = None
        self._cancelled = False
        self._task = asyncio.get_running_loop().create_task(self._keep_attached(), context=Context())

    async def cancel(self) -> None:
        self._forget(self)
        self._cancelled = True
        await self._stop_taking()
        await end_handlers(tuple(self._handlers), self._timings.grace)
        self._task.cancel()
        await asyncio.wait([self._task])
        # Nobody needs to wait for it any more.
        self.attached.set()

    async def _keep_attached(self) -> None:
        failures = 0
        while True:
            await self._link.up.wait()
            try:
                with told_apart():
                    await self._attach_and_wait()
                failures = 0
            except ChannelLockedResource:
                # Most likely our own queue, of a connection that the broker hasn't yet found dead.
                failures = min(failures + 1, 3)
                log.info("queue is locked, trying again", queue=self._queue.name)
            except FAILURES as error:
                failures += 1
                log.warning("not consuming", queue=self._queue.name, trouble=describe(error))
            await asyncio.sleep(self._timings.pause(failures))

    async def _attach_and_wait(self) -> None:
        declarer = Declarer(self._link.connection, self._timings)
        name = await declarer.queue(self._queue)
        channel = await declarer.channel()
        lost = asyncio.Event()
        channel.close_callbacks.add(lambda *_: lost.set())
        try:
            async with asyncio.timeout(self._timings.declare):
                await self._attach(channel, name, lost)
            self.attached.set()
            await lost.wait()
        finally:
            self.attached.clear()
            with failures_ignored():
                async with asyncio.timeout(self._timings.close):
                    # This is what sends back all that is unacknowledged.
                    await channel.close()

    async def _attach(self, channel: AbstractChannel, name: str, lost: asyncio.Event) -> None:
        await channel.set_qos(prefetch_count=self._queue.prefetch)
        self._channel = await channel.get_underlay_channel()
        # The broker ends a consumer when its queue is deleted, or loses its leader.
        self._channel.on_consumer_cancel_callbacks.add(lambda _: lost.set())
        consuming = await self._channel.basic_consume(name, self._take)
        self._tag = consuming.consumer_tag

    async def _stop_taking(self) -> None:
        if not self.attached.is_set() or self._channel is None or self._tag is None:
            return
        with failures_ignored():
            await self._channel.basic_cancel(self._tag, timeout=self._timings.close)

    async def _take(self, delivered: DeliveredMessage) -> None:
        if self._cancelled:
            return
        # A task and a context of our own: the library cancels its tasks when the channel closes, in the middle of work.
        task = asyncio.get_running_loop().create_task(self._handle(delivered), context=Context())
        self._handlers[task] = None
        task.add_done_callback(self._handlers.pop)

    async def _handle(self, delivered: DeliveredMessage) -> None:
        message = incoming(delivered)
        why_dead = await deliver(self._queue, self._handler, message, self._redelivery)
        done = why_dead is None or await self._buried(message, why_dead)
        tag = delivered.delivery_tag
        assert tag is not None
        # Without its channel the message comes again, whatever we say.
        with failures_ignored():
            if done:
                await delivered.channel.basic_ack(tag, wait=False)
            else:
                await delivered.channel.basic_nack(tag, requeue=False, wait=False)

    async def _buried(self, message: Message, why: str) -> bool:
        """False where the broker has to do it, which can't say why."""
        if self._queue.delivery_limit is None:
            return False
        try:
            await self._bury(self._queue, message, why)
        except BusError as error:
            log.warning("dead letter without its reason", queue=self._queue.name, error=str(error))
            return False
        return True
