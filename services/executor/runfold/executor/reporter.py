"""Reports changed conditions: the newest of each attempt, in flights, again and again until the broker has them."""

import asyncio

from runfold.bus.port import BusError
from runfold.executor.facts import Facts
from runfold.executor.ledger import Ledger
from runfold.ports.backoff import Backoff
from runfold.service.logging import get_logger

_log = get_logger("runfold.executor")

#: Reports on their way at once. The next flight waits for this one, so that reports of one attempt keep their order.
FLIGHT = 64


class Reporter:
    """What it reports is what the ledger lets be told."""

    def __init__(self, facts: Facts, ledger: Ledger, backoff: Backoff) -> None:
        self._facts = facts
        self._ledger = ledger
        self._backoff = backoff
        self._changed: dict[str, None] = {}  # in the order of their changes; a set would have none
        self._some = asyncio.Event()

    def report(self, attempt_id: str) -> None:
        self._changed[attempt_id] = None
        self._some.set()

    async def run(self) -> None:
        while True:
            await self._some.wait()
            if await self._fly():
                self._backoff.reset()
            else:
                await self._backoff.wait()

    async def _fly(self) -> bool:
        flight = list(self._changed)[:FLIGHT]
        for attempt_id in flight:
            del self._changed[attempt_id]
        if not self._changed:
            self._some.clear()
        arrived = await asyncio.gather(*(self._send(attempt_id) for attempt_id in flight))
        for attempt_id, good in zip(flight, arrived, strict=True):
            if not good:
                self.report(attempt_id)
        return all(arrived)

    async def _send(self, attempt_id: str) -> bool:
        condition = self._ledger.told.get(attempt_id)
        if condition is None:
            return True
        try:
            await self._facts.report(condition, self._ledger.attempts[attempt_id].assignment.traceparent)
        except BusError as error:
            _log.debug("report not taken", attempt=attempt_id, error=str(error))
            return False
        return True
