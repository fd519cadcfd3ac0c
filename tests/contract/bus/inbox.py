"""Handlers that note what they are handed, and tests that wait for that."""

import asyncio
from collections.abc import Callable

from runfold.bus.port import Bus, Message, Unroutable
from runfold.bus.topology import FACTS, Exchange
from tests.contract.bus.rigs import BusUnderTest
from tests.contract.bus.waiting import until


async def publish(bus: Bus, body: str) -> None:
    """A fact, confirmed and wanted."""
    await bus.publish(Exchange.FACTS, "log", Message(body.encode()), mandatory=True)


async def is_routable(bus: Bus, exchange: Exchange, key: str, body: bytes = b"") -> bool:
    """Publishes; whether a queue took it."""
    try:
        await bus.publish(exchange, key, Message(body), mandatory=True)
    except Unroutable:
        return False
    return True


async def dead_letters_are(bus: BusUnderTest, count: int) -> None:
    """Returns once so many facts are dead letters."""

    async def as_many() -> bool:
        return await bus.dead_letters.count(FACTS) == count

    await until(as_many)


class Inbox:
    """A handler that keeps what it was handed, and then raises what `raising` says."""

    def __init__(self, raising: Callable[[Message], Exception | None] = lambda message: None) -> None:
        self.messages: list[Message] = []
        self._raising = raising

    @property
    def bodies(self) -> list[bytes]:
        return [message.body for message in self.messages]

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)
        error = self._raising(message)
        if error is not None:
            raise error

    async def holds(self, count: int, seconds: float = 60.0) -> None:
        await until(lambda: len(self.messages) >= count, seconds)


class Held:
    """A handler that notes each message and then holds it until `release`."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.released = asyncio.Event()

    @property
    def bodies(self) -> list[bytes]:
        return [message.body for message in self.messages]

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)
        await self.released.wait()

    async def holds(self, count: int) -> None:
        await until(lambda: len(self.messages) >= count)
