"""What executors are told: derived from the placements in the log, sent as they arise, said again at each inventory.

The placement is the assignment; a message that gets lost only makes it later.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import structlog

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import Exchange
from runfold.contracts import executor as x
from runfold.contracts import job as j
from runfold.contracts.envelope import Commit
from runfold.contracts.wire import encode
from runfold.domain.cell.state import Cell
from runfold.domain.job.assignment import stop_order
from runfold.domain.run.state import Run
from runfold.eventlog.port import Unavailable
from runfold.log.assignments import Assignments
from runfold.service import telemetry
from runfold.service.logging import bound
from runfold.service.metrics import METRICS
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

_failures = METRICS.counter(
    "runfold_work_failures_total", "Messages to executors that a fault kept from being made."
)

#: Messages that wait to be sent; what falls out is said again at the next inventory.
BACKLOG = 8192
FLIGHT = 256


@dataclass(frozen=True, slots=True)
class _Said:
    """Something for one executor, at the position it follows from."""

    host_id: str
    position: int
    attempt_id: str
    kind: type[x.AttemptAssigned] | type[x.AttemptStopped] | type[x.AttemptsForgotten]


@dataclass(slots=True)
class OpenAttempts:
    """Attempts that an executor has to know: placed there, and their final event isn't committed yet."""

    by_host: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, host_id: str, attempt_id: str) -> None:
        self.by_host.setdefault(host_id, {})[attempt_id] = None

    def remove(self, host_id: str, attempt_id: str) -> None:
        self.by_host.get(host_id, {}).pop(attempt_id, None)


class Work:
    """Made before the view starts, so that it sees every placement."""

    def __init__(self, view: View, assignments: Assignments, bus: Bus, tasks: Tasks) -> None:
        self._view, self._assignments, self._bus, self._tasks = view, assignments, bus, tasks
        self._open = OpenAttempts()
        self._backlog: deque[_Said] = deque(maxlen=BACKLOG)
        self._filled = Signal()
        self._sending = False
        view.listen(self._note)

    def start(self) -> None:
        """From here on what the log says is sent, and what the replica before may not have got to is said again."""
        self._sending = True
        self._say_again()
        self._tasks.start("send work", self._send_all())

    def end(self) -> None:
        """Another replica says it all from here on."""
        self._sending = False
        self._backlog.clear()

    async def answer(self, report: x.InventoryReported) -> None:
        """All that is assigned to the host at this position; and which of what it has may be dropped."""
        cell = self._view.cell
        position = cell.position
        listed = list(self._open.by_host.get(report.host_id, {}))
        forget = tuple(c.attempt_id for c in report.conditions if _final(cell, c.attempt_id))
        assignments = [await self._assignments.make(id_) for id_ in listed]
        answer = x.InventoryAnswered(position, report.seq, tuple(assignments), forget, report.incarnation)
        await self._send(report.host_id, answer)

    async def reaches(self, host_id: str) -> bool:
        """Whether the host's executor is connected: somebody takes a message that says nothing."""
        nothing = x.AttemptsForgotten(self._view.cell.position, ())
        try:
            await self._bus.publish(Exchange.WORK, host_id, Message(encode(nothing)), mandatory=True)
        except BusError:
            return False
        return True

    def _note(self, commit: Commit | None) -> None:
        if commit is None:
            self._open = OpenAttempts()
            return
        for envelope in commit.events:
            match envelope.data:
                case j.JobPlaced(host_id=host_id, attempt_id=attempt_id):
                    self._open.add(host_id, attempt_id)
                    self._say(attempt_id, envelope.position, x.AttemptAssigned)
                case j.JobStopping(attempt_id=attempt_id):
                    self._say(attempt_id, envelope.position, x.AttemptStopped)
                case j.JobFinished() | j.JobRetryScheduled():
                    self._close(envelope.data.attempt_id, envelope.position)
                case j.AttemptRefused(attempt_id=attempt_id):
                    self._close(attempt_id, envelope.position)
                case _:
                    pass

    def _say_again(self) -> None:
        """Executors ask only every 30 s, and they don't see that another replica has taken over."""
        cell = self._view.cell
        for host_id, listed in self._open.by_host.items():
            for attempt_id in listed:
                job, attempt = cell.jobs_by_attempt[attempt_id], cell.attempts[attempt_id]
                if attempt.claimed_at is None:
                    self._backlog.append(_Said(host_id, cell.position, attempt_id, x.AttemptAssigned))
                elif not attempt.ended and stop_order(job, attempt) is not None:
                    self._backlog.append(_Said(host_id, cell.position, attempt_id, x.AttemptStopped))
        self._filled.set()

    def _close(self, attempt_id: str, position: int) -> None:
        attempt = self._view.cell.attempts.get(attempt_id)
        if attempt is not None and attempt.host_id is not None:
            self._open.remove(attempt.host_id, attempt_id)
            self._say(attempt_id, position, x.AttemptsForgotten)

    def _say(
        self,
        attempt_id: str,
        position: int,
        kind: type[x.AttemptAssigned] | type[x.AttemptStopped] | type[x.AttemptsForgotten],
    ) -> None:
        attempt = self._view.cell.attempts.get(attempt_id)
        if self._sending and attempt is not None and attempt.host_id is not None:
            self._backlog.append(_Said(attempt.host_id, position, attempt_id, kind))
            self._filled.set()

    async def _send_all(self) -> None:
        while True:
            await self._filled.wait()
            while self._backlog:
                flight = [self._backlog.popleft() for _ in range(min(len(self._backlog), FLIGHT))]
                await asyncio.gather(*(self._tell(said) for said in flight))

    async def _tell(self, said: _Said) -> None:
        """What fails is told, and said again at the next inventory; it doesn't keep the others waiting."""
        try:
            await self._say_traced(said)
        except Exception:
            _failures.add()
            log.exception("work not sent", host=said.host_id, attempt=said.attempt_id)

    async def _say_traced(self, said: _Said) -> None:
        run = self._run(said.attempt_id)
        with bound(correlation_id=run.correlation_id, traceparent=run.traceparent):
            if said.kind is x.AttemptAssigned and run.traceparent is not None:
                ids = {"runfold.run.id": run.id, "runfold.attempt.id": said.attempt_id}
                with telemetry.span("log.assign", traceparent=run.traceparent, **ids):
                    await self._deliver(said)
            else:
                await self._deliver(said)

    def _run(self, attempt_id: str) -> Run:
        cell = self._view.cell
        return cell.runs[cell.jobs_by_attempt[attempt_id].run_id]

    async def _deliver(self, said: _Said) -> None:
        try:
            message = await self._message(said)
        except Unavailable as error:
            # The keys are away: the next inventory asks again.
            log.warning("work not sent", host=said.host_id, error=str(error))
            return
        if message is not None:
            await self._send(said.host_id, message)

    async def _message(self, said: _Said) -> x.Work | None:
        """None where it is out of date by now."""
        if said.kind is x.AttemptsForgotten:
            return x.AttemptsForgotten(said.position, (said.attempt_id,))
        if said.kind is x.AttemptStopped:
            job = self._view.cell.jobs_by_attempt[said.attempt_id]
            order = stop_order(job, self._view.cell.attempts[said.attempt_id])
            return None if order is None else x.AttemptStopped(said.position, order)
        if said.attempt_id not in self._open.by_host.get(said.host_id, {}):
            return None
        return x.AttemptAssigned(said.position, await self._assignments.make(said.attempt_id))

    async def _send(self, host_id: str, message: x.Work) -> None:
        try:
            await self._bus.publish(Exchange.WORK, host_id, Message(encode(message)), mandatory=True)
        except BusError as error:
            # Not connected, most likely: its inventory will ask.
            log.debug("work not sent", host=host_id, error=str(error))


def _final(cell: Cell, attempt_id: str) -> bool:
    """Its final event is committed. One that is not known may have been placed since; else, not listed, it is void."""
    attempt = cell.attempts.get(attempt_id)
    return attempt is not None and (attempt.refused or attempt.finished_at is not None)
