"""What executors are told: derived from the placements in the log, sent as they arise, said again at each inventory.

The placement is the assignment; a message that gets lost only makes it later.
"""

import asyncio
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import structlog

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import Exchange
from runfold.contracts import executor as x
from runfold.contracts import job as j
from runfold.contracts.envelope import Commit
from runfold.contracts.wire import encode
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.job.assignment import stop_order
from runfold.domain.parking.state import Parked
from runfold.domain.run.gang import is_ordered, released
from runfold.eventlog.runs import RunReader
from runfold.log.assignments import Assignments
from runfold.log.parking import RecordedParking
from runfold.log.recorder import Recorder
from runfold.service import telemetry
from runfold.service.parking import TRANSIENT
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Messages that wait to be sent; what falls out is said again at the next inventory.
BACKLOG = 8192
#: As many of them are made and sent together, those for one executor in one message of each type.
FLIGHT = 256
#: Bytes that a message of assignments has at most, unless one alone is larger.
MESSAGE_BYTES = 256 * 1024

_Kind = type[x.AttemptsAssigned] | type[x.AttemptsStopped] | type[x.AttemptsForgotten]


@dataclass(frozen=True, slots=True)
class _Said:
    """Something for one executor, at the position it follows from."""

    host_id: str
    position: int
    attempt_id: str
    kind: _Kind


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

    def __init__(
        self,
        view: View,
        recorder: Recorder,
        assignments: Assignments,
        runs: RunReader,
        bus: Bus,
        tasks: Tasks,
    ) -> None:
        self._parking = RecordedParking("log.work", view, recorder, self._again)
        self._view, self._assignments, self._runs = view, assignments, runs
        self._bus, self._tasks = bus, tasks
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
        """All that is assigned to the host at this position; and which of what it has may be dropped.

        Raises Unavailable.
        """
        position = self._view.cell.position
        listed = list(self._open.by_host.get(report.host_id, {}))
        reported = [condition.attempt_id for condition in report.conditions]
        final = [id_ for id_ in reported if _final(self._view.cell, id_)]
        past = [id_ for id_ in reported if await self._is_past(id_)]
        made = [await self._made_or_postponed(id_) for id_ in listed]
        await self._parking.record()
        assignments = tuple(assignment for assignment in made if assignment is not None)
        answer = x.InventoryAnswered(position, report.seq, assignments, (*final, *past), report.incarnation)
        await self._send(report.host_id, answer)

    def not_ready(self) -> str | None:
        return self._parking.not_ready()

    async def reaches(self, host_id: str) -> bool:
        """Whether the host's executor is connected: somebody takes a message that says nothing."""
        nothing = x.AttemptsForgotten(self._view.cell.position, ())
        try:
            await self._bus.publish(Exchange.WORK, host_id, Message(encode(nothing)), mandatory=True)
        except BusError:
            return False
        return True

    async def _is_past(self, attempt_id: str) -> bool:
        """Of a run that has left memory, which only finished ones do. Most others are known, and cost no look."""
        if attempt_id in self._view.cell.attempts or not self._view.has_past:
            return False
        return await self._runs.of_attempt(attempt_id) is not None

    def _note(self, commit: Commit | None) -> None:
        if commit is None:
            self._open = OpenAttempts()
            return
        for envelope in commit.events:
            match envelope.data:
                case j.JobPlaced(host_id=host_id, attempt_id=attempt_id):
                    self._open.add(host_id, attempt_id)
                    self._say(attempt_id, envelope.position, x.AttemptsAssigned)
                case j.AttemptStarted(job_id=job_id):
                    self._release(job_id, envelope.position)
                case j.JobStopping(attempt_id=attempt_id):
                    self._say_stop(attempt_id, envelope.position)
                case j.JobFinished() | j.JobRetryScheduled():
                    self._close(envelope.data.attempt_id, envelope.position)
                case j.AttemptRefused(attempt_id=attempt_id):
                    self._close(attempt_id, envelope.position)
                case _:
                    pass

    def _say_stop(self, attempt_id: str, position: int) -> None:
        """Who was held back is told of its attempt only now: it never begins, and that is what has to be known."""
        cell = self._view.cell
        job = cell.jobs_by_attempt.get(attempt_id)
        if job is not None and job.attempt.claimed_at is None and is_ordered(cell.runs[job.run_id]):
            self._say(attempt_id, position, x.AttemptsAssigned)
        self._say(attempt_id, position, x.AttemptsStopped)

    def _release(self, job_id: str, position: int) -> None:
        """Members of its gang that waited for this one's start."""
        cell = self._view.cell
        if (job := cell.jobs.get(job_id)) is None:
            return
        for member in released(cell.runs[job.run_id], job):
            self._say(member.attempt.id, position, x.AttemptsAssigned)

    def _say_again(self) -> None:
        """Executors ask only every 30 s, and they don't see that another replica has taken over."""
        cell = self._view.cell
        for host_id, listed in self._open.by_host.items():
            for attempt_id in listed:
                job, attempt = cell.jobs_by_attempt[attempt_id], cell.attempts[attempt_id]
                if attempt.claimed_at is None:
                    self._backlog.append(_Said(host_id, cell.position, attempt_id, x.AttemptsAssigned))
                elif not attempt.ended and stop_order(job, attempt) is not None:
                    self._backlog.append(_Said(host_id, cell.position, attempt_id, x.AttemptsStopped))
        self._filled.set()

    def _close(self, attempt_id: str, position: int) -> None:
        attempt = self._view.cell.attempts.get(attempt_id)
        if attempt is not None and attempt.host_id is not None:
            self._open.remove(attempt.host_id, attempt_id)
            self._say(attempt_id, position, x.AttemptsForgotten)

    def _say(self, attempt_id: str, position: int, kind: _Kind) -> None:
        attempt = self._view.cell.attempts.get(attempt_id)
        if self._sending and attempt is not None and attempt.host_id is not None:
            self._backlog.append(_Said(attempt.host_id, position, attempt_id, kind))
            self._filled.set()

    async def _send_all(self) -> None:
        while True:
            await self._filled.wait()
            while self._backlog:
                await self._fly([self._backlog.popleft() for _ in range(min(len(self._backlog), FLIGHT))])
                await self._parking.record()
                await self._unpark()

    async def _fly(self, flight: list[_Said]) -> None:
        hosts: dict[str, list[_Said]] = {}
        for said in flight:
            hosts.setdefault(said.host_id, []).append(said)
        await asyncio.gather(*(self._tell(host_id, told) for host_id, told in hosts.items()))

    async def _tell(self, host_id: str, told: list[_Said]) -> None:
        """In the order in which these follow each other in an attempt's life.

        What is stopped or forgotten stays so: it is true at the last position, too.
        """
        position = told[-1].position
        gone = tuple([said.attempt_id for said in told if said.kind is x.AttemptsForgotten])
        orders = [said for said in told if said.kind is not x.AttemptsForgotten]
        made = await asyncio.gather(*(self._made(said) for said in orders))
        if assigned := [each for each in made if isinstance(each, x.Assigned)]:
            await self._send_assigned(host_id, assigned)
        if stops := tuple([each for each in made if isinstance(each, x.StopOrder)]):
            await self._send(host_id, x.AttemptsStopped(position, stops))
        if gone:
            await self._send(host_id, x.AttemptsForgotten(position, gone))

    async def _made(self, said: _Said) -> x.Assigned | x.StopOrder | None:
        """None where it is out of date by now; or can't be made, and then is parked and keeps no other back."""
        try:
            return self._stop(said) if said.kind is x.AttemptsStopped else await self._assigned(said)
        except TRANSIENT as error:
            # The keys are away, say: the next inventory asks again.
            log.warning("work not sent", host=said.host_id, attempt=said.attempt_id, error=str(error))
        except Exception as error:
            self._park(said.attempt_id, error)
        return None

    async def _unpark(self) -> None:
        """Jobs that nobody has to be told of any more."""
        for parked in self._parking.mine:
            job = self._view.cell.jobs.get(parked.subject_id)
            if job is None or job.finished_at is not None:
                await self._parking.handled(parked.id)

    async def _made_or_postponed(self, attempt_id: str) -> x.Assignment | None:
        try:
            made = await self._assignments.make(attempt_id)
        except TRANSIENT:
            raise
        except Exception as error:
            self._park(attempt_id, error)
            return self._assignments.postponed(attempt_id, "it can't be made at the moment")
        if made is not None:
            await self._unpark_job(made.job_id)
        return made

    async def _unpark_job(self, job_id: str) -> None:
        if self._view.cell.parked:
            await self._parking.handled(self._parking.id(streams.job(job_id)))

    def _park(self, attempt_id: str, error: Exception) -> None:
        """Not what has left memory meanwhile: it is over."""
        if (job := self._view.cell.jobs_by_attempt.get(attempt_id)) is not None:
            self._parking.park(streams.job(job.id), error)

    def _again(self, parked: Parked) -> None:
        if (job := self._view.cell.jobs.get(parked.subject_id)) is not None:
            self._say(job.attempt.id, self._view.cell.position, x.AttemptsAssigned)

    def _stop(self, said: _Said) -> x.StopOrder | None:
        cell = self._view.cell
        job = cell.jobs_by_attempt.get(said.attempt_id)
        return stop_order(job, cell.attempts[said.attempt_id]) if job is not None else None

    async def _assigned(self, said: _Said) -> x.Assigned | None:
        if said.attempt_id not in self._open.by_host.get(said.host_id, {}):
            return None
        with self._traced(said.attempt_id):
            made = await self._assignments.make(said.attempt_id)
        if made is None:
            return None
        await self._unpark_job(made.job_id)
        if made.postponed:
            return None
        return x.Assigned(said.position, made)

    def _traced(self, attempt_id: str) -> AbstractContextManager[object]:
        cell = self._view.cell
        run = cell.runs[cell.jobs_by_attempt[attempt_id].run_id]
        if run.traceparent is None:
            return nullcontext()
        ids = {"runfold.run.id": run.id, "runfold.attempt.id": attempt_id}
        return telemetry.span("log.assign", traceparent=run.traceparent, **ids)

    async def _send_assigned(self, host_id: str, assigned: list[x.Assigned]) -> None:
        """In as many messages as it takes for none to be too large."""
        body, half = encode(x.AttemptsAssigned(tuple(assigned))), len(assigned) // 2
        if half and len(body) > MESSAGE_BYTES:
            await self._send_assigned(host_id, assigned[:half])
            await self._send_assigned(host_id, assigned[half:])
        else:
            await self._publish(host_id, body)

    async def _send(self, host_id: str, message: x.Work) -> None:
        await self._publish(host_id, encode(message))

    async def _publish(self, host_id: str, body: bytes) -> None:
        try:
            await self._bus.publish(Exchange.WORK, host_id, Message(body), mandatory=True)
        except BusError as error:
            # Not connected, most likely: its inventory will ask.
            log.debug("work not sent", host=host_id, error=str(error))


def _final(cell: Cell, attempt_id: str) -> bool:
    """Its final event is committed. One that is not known may have been placed since; else, not listed, it is void."""
    attempt = cell.attempts.get(attempt_id)
    return attempt is not None and (attempt.refused or attempt.finished_at is not None)
