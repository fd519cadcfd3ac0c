"""A broker between nodes: messages get lost, late and doubled, confirms get lost, connections break.

What is cumulative or said again may vanish even after its confirm. Output is sent once, so that its confirm is a
promise: it may come late, but it comes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass

from runfold.bus.adapters.in_process import InProcessBroker, InProcessBus
from runfold.bus.port import BusError, BusUnavailable, Handler, Message, Subscription, Unroutable
from runfold.bus.topology import Exchange, Queue
from tests.simulation.chance import Chance
from tests.simulation.node import Node


@dataclass(slots=True)
class NetworkFaults:
    """Probabilities, for each message."""

    lost: float = 0.0
    late: float = 0.0
    doubled: float = 0.0
    unconfirmed: float = 0.0


class Network:
    """The broker, and what it does to messages while `faults` has rates."""

    def __init__(self, chance: Chance, *, durable: bool = True) -> None:
        self.durable = durable  #: the broker is a process of its own
        self.broker = InProcessBroker()
        self.faults = NetworkFaults()
        self.under_way = 0  #: messages that are late
        self._chance = chance
        self.postman = InProcessBus(self.broker)

    async def send(
        self, bus: InProcessBus, exchange: Exchange, key: str, message: Message, mandatory: bool
    ) -> None:
        chance, faults = self._chance, self.faults
        if mandatory and not self.broker.route(exchange, key):
            # Whatever becomes of the message afterwards: no confirm comes before the broker has looked for a queue.
            raise Unroutable(f"no queue takes {key!r} from {exchange}")
        if chance.happens(faults.doubled):
            self._later(exchange, key, message)
        if chance.happens(faults.lost):
            if exchange is Exchange.OUTPUT:
                raise BusUnavailable("lost on its way")
            return
        if chance.happens(faults.late):
            self._later(exchange, key, message)
            return
        if chance.happens(faults.unconfirmed):
            if chance.happens(0.5):
                await bus.publish(exchange, key, message)
            raise BusUnavailable("no confirm")
        await bus.publish(exchange, key, message, mandatory=mandatory)

    def _later(self, exchange: Exchange, key: str, message: Message) -> None:
        seconds = self._chance.one_of((0.01, 0.1, 1.0, 10.0, 25.0, 40.0)) * self._chance.between(0.1, 1.0)
        work = self._deliver(seconds, exchange, key, message)
        asyncio.get_running_loop().create_task(work, name="late message", context=Context())

    async def _deliver(self, seconds: float, exchange: Exchange, key: str, message: Message) -> None:
        self.under_way += 1
        try:
            await self._deliver_after(seconds, exchange, key, message)
        finally:
            self.under_way -= 1

    async def _deliver_after(self, seconds: float, exchange: Exchange, key: str, message: Message) -> None:
        await asyncio.sleep(seconds)
        while not self.postman.connected:  # noqa: ASYNC110 (virtual time: looking costs nothing)
            # It was confirmed, so it's on the broker's disk.
            await asyncio.sleep(1.0)
        try:
            await self.postman.publish(exchange, key, message)
        except BusError:
            return


class _Wire(InProcessBus):
    """A connection that can break by itself, while the broker is there for others."""

    cut = False

    @property
    def connected(self) -> bool:
        return super().connected and not self.cut

    def announce(self) -> None:
        if self.connected:
            super().announce()

    def sever(self) -> None:
        self.cut = True
        self.lose()

    def heal(self) -> None:
        if self.cut:
            self.cut = False
            self.attach_waiting()
            self.announce()


class SimBus:
    """One node's connection."""

    def __init__(self, node: Node, network: Network) -> None:
        self._node, self._network = node, network
        self._bus = _Wire(network.broker)
        node.wires.append(self._bus)

    @property
    def connected(self) -> bool:
        return self._bus.connected and self._node.alive

    @property
    def durable(self) -> bool:
        return self._network.durable

    async def publish(
        self, exchange: Exchange, key: str, message: Message, *, mandatory: bool = False
    ) -> None:
        await self._node.port()
        try:
            await self._network.send(self._bus, exchange, key, message, mandatory)
        finally:
            await self._node.port()

    async def consume(self, queue: Queue, handler: Handler) -> Subscription:
        async def handle(message: Message) -> None:
            self._node.enter()
            await self._node.port()
            await handler(message)
            await self._node.port()

        await self._node.gate()
        return await self._bus.consume(queue, handle)

    async def hold(self, sign: str) -> bool:
        await self._node.port()
        return await self._bus.hold(sign)

    async def release(self, sign: str) -> None:
        await self._node.port()
        await self._bus.release(sign)

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        async def call() -> None:
            self._node.enter()
            await callback()

        self._bus.on_connected(call)

    async def close(self) -> None:
        await self._bus.close()

    def kill(self) -> None:
        self._bus.kill()
