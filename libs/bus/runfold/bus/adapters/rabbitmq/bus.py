"""The bus by RabbitMQ: one connection to publish, one to consume."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from typing import Any

import structlog

from runfold.bus.adapters.rabbitmq.consumer import Consumer
from runfold.bus.adapters.rabbitmq.dead_letters import RabbitDeadLetters
from runfold.bus.adapters.rabbitmq.declare import Declarer
from runfold.bus.adapters.rabbitmq.errors import unavailable_on_failure
from runfold.bus.adapters.rabbitmq.link import Link
from runfold.bus.adapters.rabbitmq.publisher import Publisher
from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.delivery import Redelivery
from runfold.bus.port import Handler, Message
from runfold.bus.topology import Exchange, Queue

log = structlog.get_logger("runfold.bus")


class RabbitBus:
    """A broker short of memory or disk stops reading from whoever publishes. Acknowledgements, which free its memory,
    must not wait behind that: hence two connections.

    `url` is an AMQP address, or those of a cluster's nodes, separated by commas: whichever answers is taken, and where
    that one goes, the next. A comma within an address is written as %2C.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "runfold",
        redelivery: Redelivery | None = None,
        timings: Timings | None = None,
    ) -> None:
        self._timings = timings or Timings()
        self._redelivery = redelivery or Redelivery()
        urls = [each.strip() for each in url.split(",") if each.strip()]
        self._out = Link(urls, f"{name} out", self._timings)
        self._in = Link(urls, f"{name} in", self._timings)
        self._publisher = Publisher(self._out, self._timings)
        self.dead_letters = RabbitDeadLetters(self._in, self._publisher, self._timings)
        self._consumers: list[Consumer] = []
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._announced: tuple[int, int] | None = None
        self._tasks: dict[asyncio.Task[None], None] = {}

    async def open(self) -> None:
        """Starts connecting. Returns once connected, or when a first attempt would have been; it goes on by itself."""
        for link in (self._out, self._in):
            link.start()
        self._spawn(self._announce_connections())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timings.connect):
                await self._both_up()

    #: A confirm of a durable queue comes once the broker has it on its disk.
    durable = True

    @property
    def connected(self) -> bool:
        return self._out.up.is_set() and self._in.up.is_set()

    @property
    def trouble(self) -> str | None:
        """Why it isn't connected."""
        return self._out.trouble or self._in.trouble

    async def publish(
        self, exchange: Exchange, key: str, message: Message, *, mandatory: bool = False
    ) -> None:
        await self._publisher.publish(exchange, key, message, mandatory=mandatory)

    async def consume(self, queue: Queue, handler: Handler) -> Consumer:
        bury = self.dead_letters.bury
        consumer = Consumer(self._in, queue, handler, self._redelivery, self._timings, bury, self._forget)
        self._consumers.append(consumer)
        if self._in.up.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timings.declare):
                    await consumer.attached.wait()
        return consumer

    async def hold(self, sign: str) -> bool:
        with unavailable_on_failure(f"can't hold {sign}"):
            return await Declarer(self._in.connection, self._timings).hold(sign)

    async def release(self, sign: str) -> None:
        with unavailable_on_failure(f"can't release {sign}"):
            await Declarer(self._in.connection, self._timings).release(sign)

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._callbacks.append(callback)
        if self.connected and self._announced == self._generation:
            self._spawn(self._guarded(callback))

    async def close(self) -> None:
        await asyncio.gather(*(consumer.cancel() for consumer in tuple(self._consumers)))
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))
        await asyncio.gather(self._out.close(), self._in.close())

    @property
    def _generation(self) -> tuple[int, int]:
        return self._out.generation, self._in.generation

    async def _announce_connections(self) -> None:
        while True:
            await self._both_up()
            generation = self._generation
            for consumer in tuple(self._consumers):
                await consumer.attached.wait()
            if self.connected and self._generation == generation:
                self._announced = generation
                for callback in tuple(self._callbacks):
                    self._spawn(self._guarded(callback))
                await self._either_down()

    async def _both_up(self) -> None:
        while not self.connected:
            await self._out.up.wait()
            await self._in.up.wait()

    async def _either_down(self) -> None:
        waits = [asyncio.ensure_future(link.down.wait()) for link in (self._out, self._in)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _guarded(self, callback: Callable[[], Awaitable[None]]) -> None:
        try:
            await callback()
        except Exception:
            log.exception("a callback on connection failed")

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine, context=Context())
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)

    def _forget(self, consumer: Consumer) -> None:
        if consumer in self._consumers:
            self._consumers.remove(consumer)
