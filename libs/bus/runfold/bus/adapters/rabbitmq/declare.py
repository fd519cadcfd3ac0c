"""Exchanges and queues made as the topology says, or used as they are where this user may not make them."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelPreconditionFailed
from aiormq.exceptions import ChannelAccessRefused, ChannelLockedResource

from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.delivery import CRASH_LIMIT
from runfold.bus.topology import EXCHANGE_TYPES, Exchange, Queue, dead_letters

log = structlog.get_logger("runfold.bus")

#: RabbitMQ 4 gives every quorum queue a limit of 20 unless it is told another.
_NO_LIMIT = 2**30


def arguments(queue: Queue) -> dict[str, Any]:
    """What RabbitMQ is told of a queue's bounds."""
    bounds: dict[str, Any] = {"x-max-length-bytes": queue.max_bytes, "x-overflow": queue.overflow}
    if queue.quorum:
        bounds |= {"x-queue-type": "quorum", "x-delivery-limit": _NO_LIMIT}
    if queue.delivery_limit is None:
        return bounds
    bounds |= {"x-dead-letter-exchange": str(Exchange.DEAD), "x-dead-letter-routing-key": queue.name}
    if queue.quorum:
        bounds["x-delivery-limit"] = CRASH_LIMIT
    if queue.quorum and queue.overflow == "reject-publish":
        # Without it a dead letter is sent once and forgotten; it needs this overflow.
        bounds["x-dead-letter-strategy"] = "at-least-once"
    return bounds


class Declarer:
    """Declares on channels of its own: a refusal closes the channel, and only that."""

    def __init__(self, connection: AbstractConnection, timings: Timings) -> None:
        self._connection = connection
        self._timings = timings

    async def exchange(self, exchange: Exchange) -> None:
        """Raises ChannelClosed where it neither exists nor may be made."""
        try:
            await self._exchange(exchange, passive=False)
        except (ChannelAccessRefused, ChannelPreconditionFailed) as refusal:
            await self._exchange(exchange, passive=True)
            log.info("exchange used as it is", exchange=str(exchange), refusal=str(refusal))

    async def queue(self, queue: Queue) -> str:
        """The queue with its binding, and its dead letters'; its name. Raises ChannelLockedResource while another
        connection holds it."""
        await self.exchange(queue.exchange)
        if queue.delivery_limit is not None:
            await self.queue(dead_letters(queue))
        try:
            return await self._queue(queue)
        except (ChannelAccessRefused, ChannelPreconditionFailed) as refusal:
            await self._existing_queue(queue)
            log.warning("queue used as it is", queue=queue.name, refusal=str(refusal))
            return queue.name

    async def hold(self, sign: str) -> bool:
        """Whether the exclusive queue `sign` is this connection's. Without a consumer, only the connection ends it."""
        try:
            async with asyncio.timeout(self._timings.declare), await self.channel() as channel:
                await channel.declare_queue(sign, exclusive=True, arguments={"x-max-length": 0})
        except ChannelLockedResource:
            return False
        return True

    async def release(self, sign: str) -> None:
        with suppress(ChannelLockedResource):  # another's
            async with asyncio.timeout(self._timings.declare), await self.channel() as channel:
                await channel.queue_delete(sign)

    async def _exchange(self, exchange: Exchange, *, passive: bool) -> None:
        async with asyncio.timeout(self._timings.declare), await self.channel() as channel:
            await channel.declare_exchange(exchange, EXCHANGE_TYPES[exchange], durable=True, passive=passive)

    async def _queue(self, queue: Queue) -> str:
        async with asyncio.timeout(self._timings.declare), await self.channel() as channel:
            declared = await channel.declare_queue(
                queue.name or None,
                durable=not queue.exclusive,
                exclusive=queue.exclusive,
                auto_delete=queue.exclusive,
                arguments=arguments(queue),
            )
            await declared.bind(queue.exchange, queue.key)
            return declared.name

    async def _existing_queue(self, queue: Queue) -> None:
        async with asyncio.timeout(self._timings.declare), await self.channel() as channel:
            existing = await channel.declare_queue(queue.name, passive=True)
            with suppress(ChannelAccessRefused):
                await existing.bind(queue.exchange, queue.key)

    async def channel(self) -> AbstractChannel:
        channel = self._connection.channel(publisher_confirms=False)
        await channel.initialize(timeout=self._timings.declare)
        return channel
