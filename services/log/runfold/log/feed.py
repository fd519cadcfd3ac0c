"""Each event to outsiders, in order and at least once, from a durable cursor; confirms in flights."""

import asyncio

import structlog

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import Exchange
from runfold.contracts.cloudevents import CONTENT_TYPE, routing_key, to_amqp
from runfold.contracts.envelope import Commit, Envelope
from runfold.domain.parking.state import Parked
from runfold.eventlog.cursors import CursorStore
from runfold.eventlog.port import EventLog, EventLogError, Unavailable
from runfold.log.parking import RecordedParking
from runfold.log.recorder import Recorder
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.metrics import METRICS
from runfold.service.parking import TRANSIENT
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

CURSOR = "feed"
#: Commits whose events are in flight together.
FLIGHT = 32


class NoRoom(Unavailable):
    """Too much is parked: it stops there, and doesn't lose what comes next."""


class Feed:
    """A message that outsiders get twice has the position it had the first time."""

    def __init__(
        self,
        source: EventLog,
        view: View,
        recorder: Recorder,
        cursors: CursorStore,
        bus: Bus,
        ids: Ids,
        tasks: Tasks,
    ) -> None:
        self._parking = RecordedParking("log.feed", view, recorder, self._again)
        self._retries: dict[str, Parked] = {}  #: by id, what somebody wants to be sent again
        self._source, self._view, self._cursors = source, view, cursors
        self._bus, self._tasks = bus, tasks
        self._backoff = Backoff(ids)
        #: Of the last commit that is confirmed; None until the cursor is read.
        self._number: int | None = None
        METRICS.gauge("runfold_feed_lag_commits", "Commits that outsiders don't have yet.", self._lag)

    def start(self) -> None:
        self._number = None  # another replica may have been at it meanwhile
        self._retries = {parked.id: parked for parked in self._parking.mine if parked.retrying}
        self._tasks.start("feed outsiders", self._run())

    def not_ready(self) -> str | None:
        return self._parking.not_ready()

    async def _run(self) -> None:
        while True:
            try:
                if self._number is None:
                    self._number = await self._cursors.get(CURSOR)
                await self._retry()
                self._number = await self._send_after(self._number)
                self._backoff.reset()
            except (EventLogError, BusError, OSError) as error:
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
        flight = [self._publish(envelope, commit) for commit in commits for envelope in commit.events]
        for outcome in await asyncio.gather(*flight, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        await self._parked()
        await self._cursors.put(CURSOR, commits[-1].number)
        return commits[-1].number

    async def _publish(self, envelope: Envelope, commit: Commit) -> bool:
        """False where the event can't be published, whatever the broker says: it is parked."""
        try:
            await self._send(envelope)
        except TRANSIENT:
            raise
        except Exception as error:
            self._parking.park_event(envelope, commit.number, error)
            return False
        return True

    async def _parked(self) -> None:
        """The cursor passes what is parked, so that has to be durable before; raises NoRoom."""
        await self._parking.record()
        if (why := self._parking.not_ready()) is not None:
            raise NoRoom(why)

    async def _retry(self) -> None:
        """What was dropped after somebody asked for it is left out."""
        while self._retries:
            parked_id, parked = next(iter(self._retries.items()))
            if parked_id in self._view.cell.parked:
                await self._send_late(parked)
            del self._retries[parked_id]

    async def _send_late(self, parked: Parked) -> None:
        """With the position that it has, by which outsiders know where it belongs."""
        position, number = parked.last.position, parked.last.commit
        assert number is not None
        (commit,) = await self._source.read(number - 1, 1)
        (envelope,) = (each for each in commit.events if each.position == position)
        if await self._publish(envelope, commit):
            await self._parking.handled(parked.id)
        await self._parking.record()

    def _again(self, parked: Parked) -> None:
        self._retries[parked.id] = parked

    async def _send(self, envelope: Envelope) -> None:
        headers, body = to_amqp(envelope, f"/cells/{self._view.cell.id}")
        message = Message(body, headers, CONTENT_TYPE, message_id=envelope.record.id)
        await self._bus.publish(Exchange.EVENTS, routing_key(envelope), message)
