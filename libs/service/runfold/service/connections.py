"""Asking an executor to open a connection: the port, and the broker behind it."""

from typing import Protocol

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import Exchange
from runfold.contracts.executor import ConnectionRequested
from runfold.contracts.wire import encode


class Connections(Protocol):
    """What reaches executors, for those who wait for a connection of one."""

    async def request(self, host_id: str, wanted: ConnectionRequested) -> bool:
        """Whether its executor is there to be told; raises Unavailable."""


class BrokerConnections:
    """Executors as the broker knows them."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def request(self, host_id: str, wanted: ConnectionRequested) -> bool:
        try:
            await self._bus.publish(Exchange.WORK, host_id, Message(encode(wanted)), mandatory=True)
        except BusError:
            return False
        return True
