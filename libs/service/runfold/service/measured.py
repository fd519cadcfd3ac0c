"""Appends as an operator sees them: counted, timed, and each event of a run as a span of that run's trace."""

from asyncio import CancelledError
from collections import Counter

import msgspec

from runfold.contracts.envelope import Commit, EventRecord
from runfold.eventlog.port import Append, Appended, Conflict, EventLog, Head, NotActive, TooLarge, Unavailable
from runfold.ports import Clock
from runfold.service import telemetry
from runfold.service.metrics import METRICS
from runfold.service.view import View

_seconds = METRICS.histogram(
    "runfold_append_seconds", "How long an append took to be durable or refused, by service and outcome."
)
_events = METRICS.counter("runfold_events_total", "Events made durable, by service and type.")

_REFUSALS: dict[type[BaseException], str] = {
    Conflict: "conflict",
    NotActive: "not_active",
    TooLarge: "too_large",
    Unavailable: "unavailable",
    CancelledError: "abandoned",
}


class _Ids(msgspec.Struct):
    """What an event says of whom it is about."""

    run_id: str | None = None
    job_id: str | None = None
    attempt_id: str | None = None


_ids = msgspec.json.Decoder(_Ids)


class MeasuredLog:
    """`log` as `service` uses it; `view` tells which run a job is of."""

    def __init__(self, log: EventLog, service: str, view: View, clock: Clock) -> None:
        self._log, self._service, self._view, self._clock = log, service, view, clock

    async def append(self, append: Append) -> Appended:
        began = self._clock.now()
        try:
            appended = await self._log.append(append)
        except BaseException as error:
            self._count(began, _REFUSALS.get(type(error), "failed"))
            raise
        self._count(began, "appended")
        for kind, count in Counter(record.type for record in append.events).items():
            _events.add(count, service=self._service, type=kind)
        if telemetry.exporting():
            self._trace(append.events, began, self._clock.now())
        return appended

    async def head(self) -> Head:
        return await self._log.head()

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        return await self._log.read(after, limit)

    async def wait(self, after: int, seconds: float) -> Head:
        return await self._log.wait(after, seconds)

    def _count(self, began: int, outcome: str) -> None:
        took = max(self._clock.now() - began, 0) / 1_000_000
        _seconds.observe(took, outcome=outcome, service=self._service)

    def _trace(self, records: tuple[EventRecord, ...], start: int, end: int) -> None:
        for record in records:
            if record.traceparent is not None:
                telemetry.record(
                    f"{self._service}.{record.type}",
                    traceparent=record.traceparent,
                    start=start,
                    end=end,
                    **self._about(record),
                )

    def _about(self, record: EventRecord) -> dict[str, telemetry.Attribute]:
        ids = _ids.decode(record.data)
        cell = self._view.cell
        job, project = cell.jobs.get(ids.job_id or ""), cell.projects.get(record.project or "")
        named = {
            "runfold.run.id": ids.run_id or (job.run_id if job else None),
            "runfold.job.id": ids.job_id,
            "runfold.attempt.id": ids.attempt_id,
            "runfold.project": project.name if project else None,
        }
        return {name: value for name, value in named.items() if value is not None}
