"""The dead letters of a queue in RabbitMQ."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp import commands

from runfold.bus.adapters.rabbitmq.declare import Declarer
from runfold.bus.adapters.rabbitmq.errors import unavailable_on_failure
from runfold.bus.adapters.rabbitmq.link import Link
from runfold.bus.adapters.rabbitmq.publisher import Publisher
from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.adapters.rabbitmq.wire import incoming, why_dead
from runfold.bus.dead_letters import SEARCHED, DeadLetter, buried
from runfold.bus.port import Message
from runfold.bus.topology import Exchange, Queue, dead_letters


class RabbitDeadLetters:
    """Each call has a channel of its own; closing it puts back what was only looked at."""

    def __init__(self, link: Link, publisher: Publisher, timings: Timings) -> None:
        self._link = link
        self._publisher = publisher
        self._timings = timings
        #: What one call holds, another doesn't see.
        self._turn = asyncio.Lock()

    async def count(self, source: Queue) -> int:
        async with self._channel(source) as channel:
            return await self._count(channel, source)

    async def peek(self, source: Queue, limit: int = 100) -> list[DeadLetter]:
        async with self._channel(source) as channel:
            return [letter async for letter, _ in self._letters(channel, source, limit)]

    async def find(self, source: Queue, letter_id: str) -> DeadLetter | None:
        async with self._channel(source) as channel:
            async for letter, _ in self._letters(channel, source, SEARCHED):
                if letter.id == letter_id:
                    return letter
            return None

    async def replay(self, source: Queue, limit: int | None = None) -> int:
        async with self._channel(source) as channel:
            # No more than there are now: those that fail again would come round for ever.
            wanted = await self._count(channel, source)
            wanted = wanted if limit is None else min(limit, wanted)
            for replayed in range(wanted):
                letter = await self._get(channel, source)
                if letter is None:
                    return replayed
                # It isn't from the user it was from: the broker would check that.
                message = replace(incoming(letter), user_id=None)
                await self._publisher.publish(source.exchange, source.key, message, mandatory=True)
                assert letter.delivery_tag is not None
                await channel.basic_ack(letter.delivery_tag)
            return wanted

    async def discard(self, source: Queue, letter_id: str) -> bool:
        async with self._channel(source) as channel:
            async for letter, tag in self._letters(channel, source, SEARCHED):
                if letter.id == letter_id:
                    await channel.basic_ack(tag)
                    return True
            return False

    async def bury(self, source: Queue, message: Message, reason: str) -> None:
        """As the broker does it with what is refused, and with the reason in it."""
        await self._publisher.publish(Exchange.DEAD, source.name, buried(message, reason), mandatory=True)

    @asynccontextmanager
    async def _channel(self, source: Queue) -> AsyncIterator[AbstractChannel]:
        with unavailable_on_failure(f"dead letters of {source.name}"):
            async with self._turn, self._opened(source) as channel:
                yield channel

    @asynccontextmanager
    async def _opened(self, source: Queue) -> AsyncIterator[AbstractChannel]:
        declarer = Declarer(self._link.connection, self._timings)
        await declarer.queue(dead_letters(source))
        channel = await declarer.channel()
        try:
            yield await channel.get_underlay_channel()
        finally:
            async with asyncio.timeout(self._timings.close):
                await channel.close()

    async def _letters(
        self, channel: AbstractChannel, source: Queue, limit: int
    ) -> AsyncIterator[tuple[DeadLetter, int]]:
        """Each with its delivery tag, the oldest first."""
        for _ in range(limit):
            if (got := await self._get(channel, source)) is None:
                return
            assert got.delivery_tag is not None
            yield DeadLetter(incoming(got), source.name, why_dead(got)), got.delivery_tag

    async def _count(self, channel: AbstractChannel, source: Queue) -> int:
        declared = await channel.queue_declare(
            dead_letters(source).name, passive=True, timeout=self._timings.declare
        )
        return declared.message_count or 0

    async def _get(self, channel: AbstractChannel, source: Queue) -> DeliveredMessage | None:
        got = await channel.basic_get(dead_letters(source).name, timeout=self._timings.declare)
        return None if isinstance(got.delivery, commands.Basic.GetEmpty) else got
