"""Records what executors report of their attempts. Reports that wait together share an append."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import structlog

from runfold.contracts import executor as x
from runfold.contracts.job import AttemptExited, OutputClosed
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.job import decide as jobs
from runfold.eventlog.output import OutputStore
from runfold.eventlog.port import NotActive
from runfold.log.recorder import Recorder
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Conditions of one append. Each makes five events at most, and a commit has 256.
TOGETHER = 50


@dataclass(slots=True, eq=False)
class _Report:
    """The newest condition of an attempt, for everybody who waits until it is recorded, or why it can't be."""

    condition: x.AttemptCondition
    number: tuple[str, int]  #: of the fact that had it
    stored: int  #: bytes of its output, where it ended and has some
    done: asyncio.Future[Exception | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Reports:
    """One append at a time: what comes meanwhile waits for the next, and is decided on with this one folded."""

    def __init__(self, view: View, recorder: Recorder, output: OutputStore, tasks: Tasks) -> None:
        self._view, self._recorder, self._output, self._tasks = view, recorder, output, tasks
        self._waiting: dict[str, _Report] = {}  #: by attempt
        self._some = Signal()

    def start(self) -> None:
        # Whoever waited before has given up.
        self._waiting.clear()
        self._tasks.start("record reports", self._run())

    async def record(self, said: x.AttemptsReported | x.InventoryReported) -> None:
        """Returns once all of it is durable; raises what kept one condition from that, when the others are."""
        known = self._view.cell.jobs_by_attempt
        number = (said.incarnation, said.seq)
        reported = [each for each in said.conditions if each.attempt_id in known]
        waits = [self._wait(each, number) for each in reported if not _ended_with_output(each)]
        ended = [each for each in reported if _ended_with_output(each)]
        # Only what has output waits for the store of it, which may take its time.
        counts = await asyncio.gather(
            *[self._output.stored(each.attempt_id) for each in ended], return_exceptions=True
        )
        for each, stored in zip(ended, counts, strict=True):
            if isinstance(stored, int):
                waits.append(self._wait(each, number, stored))
        if waits:
            await asyncio.wait(waits)
        errors = [count for count in counts if isinstance(count, BaseException)]
        for error in [*errors, *(wait.result() for wait in waits)]:
            if error is not None:
                raise error

    def _wait(
        self, condition: x.AttemptCondition, number: tuple[str, int], stored: int = 0
    ) -> "asyncio.Future[Exception | None]":
        report = self._waiting.get(condition.attempt_id)
        if report is None:
            report = self._waiting[condition.attempt_id] = _Report(condition, number, stored)
            self._some.set()
        elif report.number < number:
            # Facts are cumulative: the newer one says all that the other did.
            report.condition, report.number, report.stored = condition, number, stored
        return report.done

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            while self._waiting:
                flight = list(islice(self._waiting.values(), TOGETHER))
                for report in flight:
                    del self._waiting[report.condition.attempt_id]
                await self._settle(flight)

    async def _settle(self, flight: Sequence[_Report]) -> None:
        """What can't be recorded keeps back no other: where that fails together, each is tried alone."""
        error = await self._failure(flight)
        if error is None or len(flight) == 1 or isinstance(error, NotActive):
            for report in flight:
                report.done.set_result(error)
            return
        log.warning("reports not recorded together", count=len(flight), error=repr(error))
        for report in flight:
            await self._settle([report])

    async def _failure(self, flight: Sequence[_Report]) -> Exception | None:
        """It is whoever waits that it is raised for."""
        try:
            await self._record(flight)
        except Exception as error:
            return error
        return None

    async def _record(self, flight: Sequence[_Report]) -> None:
        def decide(cell: Cell) -> list[Event]:
            return [event for report in flight for event in _events(cell, report)]

        known = (self._view.cell.jobs_by_attempt.get(report.condition.attempt_id) for report in flight)
        await self._recorder.record(decide, *[streams.job(job.id) for job in known if job is not None])


def _ended_with_output(condition: x.AttemptCondition) -> bool:
    return condition.state is x.AttemptState.EXITED and condition.output_bytes > 0


def _events(cell: Cell, report: _Report) -> list[Event]:
    condition = report.condition
    job = cell.jobs_by_attempt.get(condition.attempt_id)
    if job is None:
        return []  # its run has finished meanwhile, and left memory
    events: list[Event] = [*jobs.record(job, condition)]
    if events and isinstance(events[-1], AttemptExited) and report.stored >= condition.output_bytes:
        events.append(OutputClosed(job.id, condition.attempt_id, report.stored))
    return events
