"""The stages of an attempt as spans, with the times that its condition has."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from runfold.contracts.executor import Assignment, AttemptCondition, AttemptState
from runfold.contracts.values import JobSpec
from runfold.executor import tracing
from runfold.executor.entries import Attempt
from runfold.service import telemetry
from tests.unit.service.tracer import RecordingTracer

TRACE = f"00-{'a' * 32}-{'b' * 16}-01"
CLAIMED = AttemptCondition("a1", "j1", AttemptState.CLAIMED, 1_000)


@pytest.fixture
def tracer() -> Iterator[RecordingTracer]:
    tracer = RecordingTracer()
    telemetry.use(tracer)
    yield tracer
    telemetry.use(None)


def an_attempt(traceparent: str | None = TRACE) -> Attempt:
    spec = JobSpec(name="hello-0-0", command=("true",), image="python:3.12")
    given = Assignment("a1", "j1", "r1", "hello", "main", spec, traceparent=traceparent)
    return Attempt(given, 1, "docker", CLAIMED)


def test_claim_pull_start_and_run_follow_each_other(tracer: RecordingTracer) -> None:
    running = replace(CLAIMED, state=AttemptState.RUNNING, started_at=9_000)
    exited = replace(
        running,
        state=AttemptState.EXITED,
        exited_at=20_000,
        exit_status=3,
        reason="container_exited_with_error",
    )

    tracing.claimed(an_attempt(), 2_000)
    tracing.started(an_attempt(), running, 3_000)
    tracing.ended(an_attempt(), exited, 21_000)

    assert [(span.name, span.start, span.end) for span in tracer.recorded] == [
        ("executor.claim", 1_000, 2_000),
        ("executor.pull", 3_000, 9_000),
        ("executor.start", 1_000, 9_000),
        ("executor.run", 9_000, 20_000),
    ]
    assert {span.parent for span in tracer.recorded} == {TRACE}
    assert tracer.recorded[1].attributes["container.image.name"] == "python:3.12"
    assert tracer.recorded[3].attributes == {
        "runfold.run.id": "r1",
        "runfold.job.id": "j1",
        "runfold.attempt.id": "a1",
        "runfold.project": "main",
        "runfold.state": "exited",
        "runfold.reason": "container_exited_with_error",
        "process.exit.code": 3,
    }


def test_what_could_not_be_started_has_a_start_and_no_run(tracer: RecordingTracer) -> None:
    failed = replace(CLAIMED, state=AttemptState.EXITED, exited_at=5_000, reason="creating_container_error")

    tracing.ended(an_attempt(), failed, 6_000)

    (span,) = tracer.recorded
    assert (span.name, span.start, span.end) == ("executor.start", 1_000, 5_000)
    assert span.attributes["runfold.reason"] == "creating_container_error"


def test_an_attempt_of_an_untraced_run_is_no_span(tracer: RecordingTracer) -> None:
    tracing.claimed(an_attempt(traceparent=None), 2_000)

    assert tracer.recorded == []
