"""Each event to outsiders, in order and at least once, from a durable cursor; confirms in flights."""

import asyncio

import structlog

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import Exchange
from runfold.contracts.cloudevents import CONTENT_TYPE, routing_key, to_amqp
from runfold.contracts.envelope import Envelope
from runfold.eventlog.cursors import CursorStore
from runfold.eventlog.port import EventLog, EventLogError
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.metrics import METRICS
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

CURSOR = "feed"
#: Commits whose events are in flight together.
FLIGHT = 32


class Feed:
    """A message that outsiders get twice has the position it had the first time."""

    def __init__(
        self, source: EventLog, view: View, cursors: CursorStore, bus: Bus, ids: Ids, tasks: Tasks
    ) -> None:
        self._source, self._view, self._cursors = source, view, cursors
        self._bus, self._tasks = bus, tasks
        self._backoff = Backoff(ids)
        #: Of the last commit that is confirmed; None until the cursor is read.
        self._number: int | None = None
        METRICS.gauge("runfold_feed_lag_commits", "Commits that outsiders don't have yet.", self._lag)

    def start(self) -> None:
        self._number = None  # another replica may have been at it meanwhile
        self._tasks.start("feed outsiders", self._run())

    async def _run(self) -> None:
        while True:
            try:
                if self._number is None:
                    self._number = await self._cursors.get(CURSOR)
                self._number = await self._send_after(self._number)
                self._backoff.reset()
            except (BusError, EventLogError) as error:
                log.info("feed waits", error=str(error))
                await asyncio.sleep(self._backoff.next())

    def _lag(self) -> int:
        return max(self._view.number - (self._number or 0), 0)

    async def _send_after(self, number: int) -> int:
        """One flight; the number of the last commit that is confirmed."""
        commits = await self._source.read(number, FLIGHT)
        if not commits:
            await self._source.wait(number, 30.0)
            return number
        # Publishing is begun in order and awaited together: a channel keeps the order.
        flight = [self._publish(envelope) for commit in commits for envelope in commit.events]
        for outcome in await asyncio.gather(*flight, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        await self._cursors.put(CURSOR, commits[-1].number)
        return commits[-1].number

    async def _publish(self, envelope: Envelope) -> None:
        headers, body = to_amqp(envelope, f"/cells/{self._view.cell.id}")
        message = Message(body, headers, CONTENT_TYPE, message_id=envelope.record.id)
        await self._bus.publish(Exchange.EVENTS, routing_key(envelope), message)
