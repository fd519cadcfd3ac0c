"""Sends what this executor knows to the log service: its host, its inventory, the conditions of attempts."""

from runfold.bus.port import Bus, Message
from runfold.bus.topology import FACTS, Exchange
from runfold.contracts import wire
from runfold.contracts.executor import (
    AttemptCondition,
    AttemptsReported,
    ExecutorAnnounced,
    Fact,
    InventoryReported,
)


class Facts:
    """One incarnation's facts, numbered. Each returns once the broker has it, and raises BusError where it hasn't."""

    def __init__(self, bus: Bus, host_id: str, incarnation: str) -> None:
        self._bus = bus
        self.host_id = host_id
        self.incarnation = incarnation
        self._seq = 0

    async def announce(self, announcement: ExecutorAnnounced) -> None:
        await self._send(announcement)

    async def report(self, conditions: tuple[AttemptCondition, ...]) -> None:
        await self._send(AttemptsReported(self.host_id, self.incarnation, self.number(), conditions))

    async def inventory(self, seq: int, position: int, conditions: tuple[AttemptCondition, ...]) -> None:
        """`seq` is what its answer names."""
        await self._send(InventoryReported(self.host_id, self.incarnation, seq, position, conditions))

    def number(self) -> int:
        """For the next fact."""
        self._seq += 1
        return self._seq

    async def _send(self, fact: Fact) -> None:
        # A fact that no queue wants is not lost silently: the log service may never have been there yet.
        await self._bus.publish(Exchange.FACTS, FACTS.key, Message(wire.encode(fact)), mandatory=True)
