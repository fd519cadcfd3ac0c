"""Each adapter with what a test does to its broker."""

import asyncio
from typing import Protocol
from urllib.parse import urlsplit

from runfold.bus.adapters.in_process import InProcessBroker, InProcessBus
from runfold.bus.adapters.rabbitmq import RabbitBus, Timings
from runfold.bus.dead_letters import DeadLetters
from runfold.bus.delivery import Redelivery
from runfold.bus.port import Bus
from tests.contract.bus.proxy import Proxy
from tests.contract.bus.waiting import until
from tests.servers import Breakable

#: Nothing waits on real time; the pauses themselves are a unit test's. What may take long is given long: the broker
#: shares two cores with the tests.
AT_ONCE = Redelivery(first=0.0)
QUICK = Timings(connect=30.0, publish=30.0, first_pause=0.02, longest_pause=0.1, grace=0.2)


class BusUnderTest(Bus, Protocol):
    @property
    def dead_letters(self) -> DeadLetters: ...


class Rig(Protocol):
    """A broker of the test's own, and the way to it."""

    async def connect(self) -> BusUnderTest: ...

    async def lose(self) -> None:
        """Every connection breaks at once, and there is no broker until `mend`."""

    async def mend(self) -> None: ...

    async def close(self) -> None: ...


class InProcessRig:
    def __init__(self) -> None:
        self.broker = InProcessBroker()
        self._made: list[InProcessBus] = []

    async def connect(self) -> BusUnderTest:
        bus = InProcessBus(self.broker, redelivery=AT_ONCE, grace=0.2)
        self._made.append(bus)
        return bus

    async def lose(self) -> None:
        self.broker.stop()

    async def mend(self) -> None:
        self.broker.start()

    async def close(self) -> None:
        for bus in self._made:
            await bus.close()


class RabbitRig:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self.proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or 5672)
        self._made: list[RabbitBus] = []

    async def start(self) -> None:
        await self.proxy.start()

    def through_proxy(self, url: str) -> str:
        parts = urlsplit(url)
        return parts._replace(
            netloc=f"{parts.username}:{parts.password}@127.0.0.1:{self.proxy.port}"
        ).geturl()

    async def connect(self) -> BusUnderTest:
        return await self.connect_to(self._url)

    async def connect_to(self, url: str, timings: Timings = QUICK) -> RabbitBus:
        bus = RabbitBus(self.through_proxy(url), redelivery=AT_ONCE, timings=timings)
        self._made.append(bus)
        await bus.open()
        return bus

    async def lose(self) -> None:
        await self.proxy.cut()

    async def mend(self) -> None:
        self.proxy.mend()

    async def close(self) -> None:
        await asyncio.gather(*(bus.close() for bus in self._made))
        await self.proxy.close()


#: RabbitMQ keeps the news of a new queue or binding for some 2 s before it writes that: no crash sooner.
SETTLED = 3.0


class KillableRig:
    """`lose` is the broker's crash, which what it has confirmed must survive."""

    def __init__(self, server: Breakable) -> None:
        self._server = server
        self._made: list[RabbitBus] = []
        self._since = 0.0

    async def connect(self) -> BusUnderTest:
        bus = RabbitBus(self._server.url, redelivery=AT_ONCE, timings=QUICK)
        self._made.append(bus)
        await bus.open()
        self._since = asyncio.get_running_loop().time()
        return bus

    async def lose(self) -> None:
        await until(lambda: asyncio.get_running_loop().time() > self._since + SETTLED)
        await asyncio.to_thread(self._server.kill)

    async def mend(self) -> None:
        await asyncio.to_thread(self._server.start)

    async def close(self) -> None:
        await asyncio.gather(*(bus.close() for bus in self._made))
