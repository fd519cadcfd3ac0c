"""The intake of what executors say: facts become events, inventories are answered. Acknowledged once durable."""

from runfold.bus import topology
from runfold.bus.port import Bus, Message, Postponed, Rejected, Subscription
from runfold.contracts import executor as x
from runfold.contracts.instance import ExecutorJoined
from runfold.contracts.registry import Event
from runfold.contracts.wire import decode
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.eventlog.port import NotActive, Unavailable
from runfold.log.listening import Listening
from runfold.log.recorder import Recorder
from runfold.log.reports import Reports
from runfold.log.silence import Silence
from runfold.log.work import Work
from runfold.service.metrics import METRICS

_facts = METRICS.counter("runfold_facts_total", "Facts that came from executors, by type.")


class Facts:
    """Facts are cumulative, so a lost, late or doubled one does no harm."""

    def __init__(
        self,
        recorder: Recorder,
        reports: Reports,
        work: Work,
        listening: Listening,
        silence: Silence,
        bus: Bus,
    ) -> None:
        self._recorder, self._reports, self._work = recorder, reports, work
        self._listening, self._silence, self._bus = listening, silence, bus
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._reports.start()
        self._subscription = await self._bus.consume(topology.FACTS, self._handle)

    async def stop(self) -> None:
        if self._subscription is not None:
            subscription, self._subscription = self._subscription, None
            await subscription.cancel()

    async def _handle(self, message: Message) -> None:
        try:
            fact = decode(message.body)
        except ValueError as error:
            raise Rejected(str(error)) from error
        _facts.add(1, type=type(fact).__name__)
        try:
            await self._take(fact)
        except (Unavailable, NotActive) as error:
            # A store that is away is no fault of the message.
            raise Postponed(str(error)) from error

    async def _take(self, fact: x.Fact | x.Work) -> None:
        if isinstance(fact, x.Fact):
            self._listening.heard(fact.host_id)
            self._silence.heard(fact.host_id)
        match fact:
            case x.AttemptsReported():
                await self._reports.record(fact)
            case x.InventoryReported():
                await self._take_inventory(fact)
            case x.ExecutorAnnounced():
                await self._join(fact)
            case _:
                raise Rejected(f"{type(fact).__name__} is for executors")

    async def _take_inventory(self, report: x.InventoryReported) -> None:
        await self._reports.record(report)
        async with self._silence.broken(report.host_id):
            await self._work.answer(report)

    async def _join(self, said: x.ExecutorAnnounced) -> None:
        joined = ExecutorJoined(
            said.host_id,
            said.name,
            said.capacity,
            said.runtimes,
            said.fleet,
            said.labels,
            said.arch,
            said.version,
            said.address,
        )
        await self._recorder.record(lambda cell: _news(cell, joined), streams.host(said.host_id))


def _news(cell: Cell, joined: ExecutorJoined) -> list[Event]:
    """[] where the host is known as it is."""
    host = cell.hosts.get(joined.host_id)
    known = host is not None and (
        (host.name, host.capacity, host.runtimes, host.fleet, host.labels, host.arch, host.address)
        == (
            joined.name,
            joined.capacity,
            joined.runtimes,
            joined.fleet,
            joined.labels,
            joined.arch,
            joined.address,
        )
    )
    return [] if known else [joined]
