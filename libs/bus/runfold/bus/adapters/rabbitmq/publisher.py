"""Publishing with confirms: many in flight, in the order of the calls."""

import asyncio
from dataclasses import dataclass, field

from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import DeliveryError
from aiormq.abc import DeliveredMessage

from runfold.bus.adapters.rabbitmq.declare import Declarer
from runfold.bus.adapters.rabbitmq.errors import failures_ignored, unavailable_on_failure
from runfold.bus.adapters.rabbitmq.link import Link
from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.adapters.rabbitmq.wire import outgoing
from runfold.bus.port import Message, Refused, Unroutable
from runfold.bus.topology import Exchange

#: So many unconfirmed messages at once keep the broker busy; more would only wait there.
FLIGHTS = 256


#: Seconds between two channels that are left because something was refused on them.
RENEWAL = 1.0


@dataclass(eq=False)
class _Lane:
    """A channel, what is known on it, and how many messages are in flight on it."""

    channel: AbstractChannel
    exchanges: dict[Exchange, AbstractExchange] = field(default_factory=dict)
    flights: int = 0
    left: bool = False  #: closed once nothing is in flight on it


class Publisher:
    """Has one channel of `link`, opened when it is first needed, again after it was lost, and after a refusal.

    A channel that meets a quorum queue while that has no leader may be refused by it for ever after (RabbitMQ 3.10),
    though the queue is empty and takes what comes by any other channel.
    """

    def __init__(self, link: Link, timings: Timings) -> None:
        self._link = link
        self._timings = timings
        self._flights = asyncio.Semaphore(FLIGHTS)
        #: Passed one by one, in the order of the calls; whoever waits for something in there holds up who came later.
        self._gate = asyncio.Lock()
        self._lane: _Lane | None = None
        self._renewed = -RENEWAL
        self._ids_in_flight: dict[str, asyncio.Event] = {}

    async def publish(self, exchange: Exchange, key: str, message: Message, *, mandatory: bool) -> None:
        """Raises as Bus.publish does."""
        # Without a connection it fails at once: who publishes knows better than we what else to do meanwhile.
        _ = self._link.connection
        with unavailable_on_failure(f"publishing to {exchange}"):
            async with asyncio.timeout(self._timings.publish), self._flights:
                outcome = await self._send(exchange, key, message, mandatory=mandatory)
        if isinstance(outcome, DeliveredMessage):
            raise Unroutable(f"no queue takes {key!r} from {exchange}")

    async def _send(self, exchange: Exchange, key: str, message: Message, *, mandatory: bool) -> object:
        async with self._gate:
            await self._link.unblocked()
            lane = await self._open_lane()
            to = await self._exchange(lane, exchange)
            landed = await self._claim_id(message.message_id)
        # No await between the gate and aio-pika's own queue, which keeps the order.
        lane.flights += 1
        try:
            return await to.publish(outgoing(exchange, message), key, mandatory=mandatory)
        except DeliveryError as refusal:
            self._leave(lane)
            raise Refused(f"a queue of {exchange} refused {key!r}") from refusal
        finally:
            if landed is not None and message.message_id is not None:
                del self._ids_in_flight[message.message_id]
                landed.set()
            lane.flights -= 1
            if lane.left and not lane.flights:
                await self._close(lane)

    def _leave(self, lane: _Lane) -> None:
        now = asyncio.get_running_loop().time()
        if self._lane is lane and now >= self._renewed + RENEWAL:
            self._lane, self._renewed, lane.left = None, now, True

    async def _close(self, lane: _Lane) -> None:
        with failures_ignored():
            async with asyncio.timeout(self._timings.close):
                await lane.channel.close()

    async def _claim_id(self, message_id: str | None) -> asyncio.Event | None:
        """The client library finds returned messages by their id alone, so each id is in flight once."""
        if message_id is None:
            return None
        while (other := self._ids_in_flight.get(message_id)) is not None:
            await other.wait()
        landed = self._ids_in_flight[message_id] = asyncio.Event()
        return landed

    async def _exchange(self, lane: _Lane, exchange: Exchange) -> AbstractExchange:
        declared = lane.exchanges.get(exchange)
        if declared is None:
            await Declarer(self._link.connection, self._timings).exchange(exchange)
            declared = lane.exchanges[exchange] = await lane.channel.get_exchange(exchange, ensure=False)
        return declared

    async def _open_lane(self) -> _Lane:
        if self._lane is None or self._lane.channel.is_closed:
            channel = self._link.connection.channel()
            await channel.initialize(timeout=self._timings.declare)
            self._lane = _Lane(channel)
        return self._lane
