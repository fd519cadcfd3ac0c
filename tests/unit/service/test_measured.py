"""What a service appends is counted by outcome, and shows in the trace of the run it is about."""

from collections.abc import Iterator

import pytest

from runfold.contracts.envelope import Commit, Context, EventRecord, NewEvent, record
from runfold.contracts.job import AttemptLost
from runfold.domain.job.state import Job
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.port import Append, Appended, Conflict, EventLogError, Head, TooLarge, Unavailable
from runfold.eventlog.writer import Writer
from runfold.service import telemetry
from runfold.service.measured import MeasuredLog
from runfold.service.metrics import METRICS
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View
from tests.unit.service.tracer import RecordingTracer

TRACE = f"00-{'a' * 32}-{'b' * 16}-01"
CLOCK, IDS = SystemClock(), SystemIds()


class Refusing:
    """A log that refuses."""

    def __init__(self, error: EventLogError) -> None:
        self._error = error

    async def append(self, append: Append) -> Appended:
        raise self._error

    async def head(self) -> Head:
        raise self._error

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        raise self._error

    async def wait(self, after: int, seconds: float) -> Head:
        raise self._error


@pytest.fixture
def tracer() -> Iterator[RecordingTracer]:
    tracer = RecordingTracer()
    telemetry.use(tracer)
    yield tracer
    telemetry.use(None)


def an_event(traceparent: str | None = None) -> EventRecord:
    event = AttemptLost(job_id="j1", attempt_id="a1", reason="executor_error", message="gone")
    context = Context("service:test", "c1", traceparent=traceparent)
    return record(NewEvent(event, ("job:j1",)), IDS.uuid7(), context)


def seconds_of(service: str) -> dict[str, int]:
    """Appends by outcome."""
    measured = METRICS.histogram("runfold_append_seconds", "")
    return {
        dict(labels)["outcome"]: value.count
        for labels, value in measured.values.items()
        if dict(labels)["service"] == service
    }


async def appended(service: str, *events: EventRecord) -> None:
    writer = Writer(MemoryStore(), clock=CLOCK, ids=IDS, sole=True)
    await writer.start()
    view = View(writer)
    view.cell.jobs["j1"] = Job("j1", "r1", None, 0)  # type: ignore[arg-type]
    await MeasuredLog(writer, service, view, CLOCK).append(Append(IDS.uuid7(), events))
    await writer.stop()


async def test_events_are_counted_by_type_once_they_are_durable() -> None:
    await appended("counting", an_event(), an_event())

    counted = METRICS.counter("runfold_events_total", "").values
    assert counted[(("service", "counting"), ("type", "AttemptLost"))] == 2
    assert seconds_of("counting") == {"appended": 1}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Conflict(("job:j1",), 7), "conflict"),
        (Unavailable("away"), "unavailable"),
        (TooLarge("1 MiB"), "too_large"),
        (EventLogError("else"), "failed"),
    ],
)
async def test_a_refused_append_is_counted_under_why_and_none_of_its_events(
    error: EventLogError, outcome: str
) -> None:
    refusing, service = Refusing(error), f"refused-{outcome}"

    with pytest.raises(type(error)):
        await MeasuredLog(refusing, service, View(refusing), CLOCK).append(Append(IDS.uuid7(), (an_event(),)))

    assert seconds_of(service) == {outcome: 1}
    assert (("service", service), ("type", "AttemptLost")) not in METRICS.counter(
        "runfold_events_total", ""
    ).values


async def test_an_event_of_a_traced_run_is_a_span_that_names_run_job_and_attempt(
    tracer: RecordingTracer,
) -> None:
    await appended("log", an_event(TRACE))

    (span,) = tracer.recorded
    assert (span.name, span.parent) == ("log.AttemptLost", TRACE)
    assert span.attributes == {"runfold.run.id": "r1", "runfold.job.id": "j1", "runfold.attempt.id": "a1"}
    assert 0 < span.start <= span.end


async def test_an_event_without_a_trace_is_no_span(tracer: RecordingTracer) -> None:
    await appended("log", an_event())

    assert tracer.recorded == []
