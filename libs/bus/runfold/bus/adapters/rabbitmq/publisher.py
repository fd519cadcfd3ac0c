"""Publishing with confirms: many in flight, in the order of the calls."""

import asyncio

from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import DeliveryError
from aiormq.abc import DeliveredMessage

from runfold.bus.adapters.rabbitmq.declare import Declarer
from runfold.bus.adapters.rabbitmq.errors import unavailable_on_failure
from runfold.bus.adapters.rabbitmq.link import Link
from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.adapters.rabbitmq.wire import outgoing
from runfold.bus.port import Message, Refused, Unroutable
from runfold.bus.topology import Exchange

#: So many unconfirmed messages at once keep the broker busy; more would only wait there.
FLIGHTS = 256


class Publisher:
    """Has one channel of `link`, opened when it is first needed and again after it was lost."""

    def __init__(self, link: Link, timings: Timings) -> None:
        self._link = link
        self._timings = timings
        self._flights = asyncio.Semaphore(FLIGHTS)
        #: Passed one by one, in the order of the calls; whoever waits for something in there holds up who came later.
        self._gate = asyncio.Lock()
        self._channel: AbstractChannel | None = None
        self._exchanges: dict[Exchange, AbstractExchange] = {}
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
            to = await self._exchange(exchange)
            landed = await self._claim_id(message.message_id)
        # No await between the gate and aio-pika's own queue, which keeps the order.
        try:
            return await to.publish(outgoing(exchange, message), key, mandatory=mandatory)
        except DeliveryError as refusal:
            raise Refused(f"a queue of {exchange} refused {key!r}") from refusal
        finally:
            if landed is not None and message.message_id is not None:
                del self._ids_in_flight[message.message_id]
                landed.set()

    async def _claim_id(self, message_id: str | None) -> asyncio.Event | None:
        """The client library finds returned messages by their id alone, so each id is in flight once."""
        if message_id is None:
            return None
        while (other := self._ids_in_flight.get(message_id)) is not None:
            await other.wait()
        landed = self._ids_in_flight[message_id] = asyncio.Event()
        return landed

    async def _exchange(self, exchange: Exchange) -> AbstractExchange:
        channel = self._channel
        if channel is None or channel.is_closed:
            channel = await self._open()
        declared = self._exchanges.get(exchange)
        if declared is None:
            await Declarer(self._link.connection, self._timings).exchange(exchange)
            declared = self._exchanges[exchange] = await channel.get_exchange(exchange, ensure=False)
        return declared

    async def _open(self) -> AbstractChannel:
        self._exchanges.clear()
        channel = self._link.connection.channel()
        await channel.initialize(timeout=self._timings.declare)
        self._channel = channel
        return channel
