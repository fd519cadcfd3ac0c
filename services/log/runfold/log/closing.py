"""The end of an attempt's output: all announced bytes are stored, or no more of them came in time."""

import structlog

from runfold.contracts import job as j
from runfold.contracts.envelope import Commit
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.job import decide as jobs
from runfold.domain.job.state import Attempt, Job
from runfold.domain.parking.state import Parked
from runfold.eventlog.output import OutputStore
from runfold.eventlog.port import NotActive, Unavailable
from runfold.log.listening import Listening
from runfold.log.parking import RecordedParking
from runfold.log.recorder import Recorder
from runfold.log.work import Work
from runfold.ports import Clock
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Seconds between looks at a store that is away.
STORE_AWAY = 1.0
#: Seconds between looks whether the broker is back.
BROKER_AWAY = 1.0


class Closing:
    """Attempts that ended and whose output isn't closed; made before the view starts."""

    def __init__(
        self,
        view: View,
        recorder: Recorder,
        output: OutputStore,
        work: Work,
        listening: Listening,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._parking = RecordedParking("log.closing", view, recorder, self._again)
        self._view, self._recorder, self._output = view, recorder, output
        self._work, self._listening, self._clock, self._tasks = work, listening, clock, tasks
        self._open: dict[str, int] = {}  #: attempt id -> when its output last advanced, or it ended
        self._look: dict[str, None] = {}  #: those that something happened to
        self._left_out: dict[str, int] = {}  #: as `_open`: those whose job is parked
        self._changed = Signal()
        view.listen(self._note)

    def start(self) -> None:
        self._listening.start()
        self._tasks.start("close output", self._run())

    def stored(self, attempt_id: str, _: int) -> None:
        """More of its output is durable."""
        if attempt_id in self._open:
            self._open[attempt_id] = self._clock.now()
            self._look[attempt_id] = None
            self._changed.set()

    def _note(self, commit: Commit | None) -> None:
        if commit is None:
            self._open, self._look, self._left_out = {}, {}, {}
            return
        for envelope in commit.events:
            match envelope.data:
                case j.AttemptExited(attempt_id=attempt_id) | j.AttemptLost(attempt_id=attempt_id):
                    self._open[attempt_id] = envelope.time
                    self._look[attempt_id] = None
                    self._changed.set()
                case j.OutputClosed() | j.JobFinished() | j.JobRetryScheduled():
                    self._open.pop(envelope.data.attempt_id, None)
                    self._look.pop(envelope.data.attempt_id, None)
                    if self._left_out.pop(envelope.data.attempt_id, None) is not None:
                        self._changed.set()
                case _:
                    pass

    def not_ready(self) -> str | None:
        return self._parking.not_ready()

    async def _run(self) -> None:
        while True:
            await self._changed.wait(self._patience())
            now = self._clock.now()
            for attempt_id in [*self._look, *self._late(now)]:
                self._look.pop(attempt_id, None)
                await self._close_or_park(attempt_id, now)
            await self._parking.record()
            await self._unpark()

    async def _close_or_park(self, attempt_id: str, now: int) -> None:
        try:
            await self._close(attempt_id, now)
        except (Unavailable, OSError) as error:
            log.warning("output store away", error=str(error))
            self._listening.again()
            self._look[attempt_id] = None
        except NotActive:
            raise
        except Exception as error:
            since = self._open.pop(attempt_id, now)
            if (job := self._view.cell.jobs_by_attempt.get(attempt_id)) is not None:
                self._left_out[attempt_id] = since
                self._parking.park(streams.job(job.id), error)

    async def _unpark(self) -> None:
        """Jobs none of whose attempts is left out any more: all of them are looked at before this."""
        for parked in self._parking.mine:
            job = self._view.cell.jobs.get(parked.subject_id)
            attempts = job.attempts if job is not None else []
            if not any(attempt.id in self._left_out or attempt.id in self._look for attempt in attempts):
                await self._parking.handled(parked.id)

    def _again(self, parked: Parked) -> None:
        job = self._view.cell.jobs.get(parked.subject_id)
        for attempt in job.attempts if job is not None else []:
            if attempt.id in self._left_out:
                self._open[attempt.id] = self._left_out.pop(attempt.id)
                self._look[attempt.id] = None
        self._changed.set()

    def _late(self, now: int) -> list[str]:
        """Those that have been silent for too long."""
        silences = ((id_, self._quiet_since(id_)) for id_ in self._open)
        return [id_ for id_, since in silences if since is not None and since + jobs.OUTPUT_PATIENCE <= now]

    def _patience(self) -> float | None:
        """Seconds until the next one may be given up."""
        if self._look:
            return STORE_AWAY
        if not self._open:
            return None
        silences = [since for id_ in self._open if (since := self._quiet_since(id_)) is not None]
        if not silences:
            return BROKER_AWAY
        return max(min(silences) + jobs.OUTPUT_PATIENCE - self._clock.now(), 0) / 1_000_000

    def _quiet_since(self, attempt_id: str) -> int | None:
        attempt = self._view.cell.attempts.get(attempt_id)
        host_id = attempt.host_id if attempt is not None else None
        return self._listening.quiet_since(attempt_id, host_id, self._open[attempt_id])

    async def _close(self, attempt_id: str, now: int) -> None:
        if attempt_id not in self._open:
            return
        stored = await self._output.stored(attempt_id)
        job, attempt = self._known(attempt_id)
        if job is None or attempt is None:
            return
        if stored < attempt.output_bytes:
            host_id = attempt.host_id or ""
            if await self._work.reaches(host_id):
                self._listening.reached(host_id)
            else:
                # It ships the rest once it is back, and would drop it if this attempt were final.
                self._listening.missing(host_id)

        def decide(_: Cell) -> list[Event]:
            job, attempt = self._known(attempt_id)
            if job is None or attempt is None:
                return []
            since = self._quiet_since(attempt_id) if attempt_id in self._open else None
            return [*jobs.close_output(job, attempt, stored, now if since is None else since, now)]

        await self._recorder.record(decide, streams.job(job.id))

    def _known(self, attempt_id: str) -> tuple[Job | None, Attempt | None]:
        """Neither once its run has finished and left memory: then this is no longer open, and closed long ago."""
        job = self._view.cell.jobs_by_attempt.get(attempt_id)
        attempt = self._view.cell.attempts.get(attempt_id)
        if job is None:
            self._open.pop(attempt_id, None)
        return job, attempt
