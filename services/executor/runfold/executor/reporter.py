"""Reports changed conditions: the newest of each attempt, many in a message, until the broker has them."""

import asyncio
from itertools import islice

from runfold.bus.port import BusError
from runfold.executor.facts import Facts
from runfold.executor.ledger import Ledger
from runfold.ports.backoff import Backoff
from runfold.service.logging import get_logger

_log = get_logger("runfold.executor")

#: Conditions in a message. The next message waits for this one, so that reports of one attempt keep their order, and
#: what changes meanwhile shares it.
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
        flight = list(islice(self._changed, FLIGHT))
        for attempt_id in flight:
            del self._changed[attempt_id]
        if not self._changed:
            self._some.clear()
        if await self._send(flight):
            return True
        for attempt_id in flight:
            self.report(attempt_id)
        return False

    async def _send(self, flight: list[str]) -> bool:
        told = self._ledger.told
        conditions = tuple([told[attempt_id] for attempt_id in flight if attempt_id in told])
        if not conditions:
            return True
        try:
            await self._facts.report(conditions)
        except BusError as error:
            _log.debug("report not taken", attempts=len(conditions), error=str(error))
            return False
        return True
