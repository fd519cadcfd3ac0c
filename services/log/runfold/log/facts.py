"""The intake of what executors say: facts become events, inventories are answered. Acknowledged once durable."""

from runfold.bus import topology
from runfold.bus.port import Bus, Message, Postponed, Rejected, Subscription
from runfold.contracts import executor as x
from runfold.contracts.instance import ExecutorJoined
from runfold.contracts.job import AttemptExited, OutputClosed
from runfold.contracts.registry import Event
from runfold.contracts.wire import decode
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.job import decide as jobs
from runfold.domain.job.state import Job
from runfold.eventlog.output import OutputStore
from runfold.eventlog.port import NotActive, Unavailable
from runfold.log.listening import Listening
from runfold.log.recorder import Recorder
from runfold.log.silence import Silence
from runfold.log.work import Work
from runfold.service.logging import bound
from runfold.service.metrics import METRICS
from runfold.service.view import View

_facts = METRICS.counter("runfold_facts_total", "Facts that came from executors, by type.")


class Facts:
    """Facts are cumulative, so a lost, late or doubled one does no harm."""

    def __init__(
        self,
        view: View,
        recorder: Recorder,
        output: OutputStore,
        work: Work,
        listening: Listening,
        silence: Silence,
        bus: Bus,
    ) -> None:
        self._view, self._recorder, self._output = view, recorder, output
        self._work, self._listening, self._silence, self._bus = work, listening, silence, bus
        self._subscription: Subscription | None = None

    async def start(self) -> None:
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
            case x.AttemptReported(condition=condition):
                await self._record(condition)
            case x.InventoryReported():
                await self._take_inventory(fact)
            case x.ExecutorAnnounced():
                await self._join(fact)
            case _:
                raise Rejected(f"{type(fact).__name__} is for executors")

    async def _record(self, condition: x.AttemptCondition) -> None:
        job = self._view.cell.jobs_by_attempt.get(condition.attempt_id)
        if job is None:
            return
        run = self._view.cell.runs[job.run_id]
        with bound(correlation_id=run.correlation_id, traceparent=run.traceparent):
            await self._record_of(job, condition)

    async def _record_of(self, job: Job, condition: x.AttemptCondition) -> None:
        exited = condition.state is x.AttemptState.EXITED
        stored = await self._output.stored(condition.attempt_id) if exited else 0

        def decide(cell: Cell) -> list[Event]:
            events: list[Event] = [*jobs.record(cell.jobs_by_attempt[condition.attempt_id], condition)]
            if events and isinstance(events[-1], AttemptExited) and stored >= condition.output_bytes:
                events.append(OutputClosed(job.id, condition.attempt_id, stored))
            return events

        await self._recorder.record(decide, streams.job(job.id))

    async def _take_inventory(self, report: x.InventoryReported) -> None:
        for condition in report.conditions:
            await self._record(condition)
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
        )
        await self._recorder.record(lambda cell: _news(cell, joined), streams.host(said.host_id))


def _news(cell: Cell, joined: ExecutorJoined) -> list[Event]:
    """[] where the host is known as it is."""
    host = cell.hosts.get(joined.host_id)
    known = host is not None and (
        (host.name, host.capacity, host.runtimes, host.fleet, host.labels, host.arch)
        == (joined.name, joined.capacity, joined.runtimes, joined.fleet, joined.labels, joined.arch)
    )
    return [] if known else [joined]
