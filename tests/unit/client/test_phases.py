"""Where a run stands, and how it ended, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from runfold.client.cli.follow.phase import phase, started
from runfold.client.cli.follow.states import concerns
from runfold.client.cli.shown import ends
from runfold.client.models.events import HappenedEvent
from tests.unit.client.given import a_run, placed, submission

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_each_status_is_a_phase_and_pulling_tells_its_bytes() -> None:
    progress = {"downloaded_bytes": 3 << 20, "total_bytes": 10 << 20, "is_total_bytes_final": True}
    pulling = submission(status="pulling", image_pull_progress=progress)
    told = {
        str(phase(a_run("submitted"))): False,
        str(phase(a_run("pending", status_message="retrying"))): False,
        str(phase(a_run("provisioning", latest=placed(status="provisioning")))): False,
        str(phase(a_run("provisioning", latest=pulling))): False,
        str(phase(a_run("running", latest=placed()))): True,
        str(phase(a_run("terminating"))): True,
        str(phase(a_run("done"))): True,
    }
    assert list(told) == [
        "queued",
        "queued (retrying)",
        "provisioning",
        "pulling (3.0 MB of 10.0 MB)",
        "running (on vm)",
        "stopping",
        "done",
    ]


def test_output_can_be_there_from_running_on() -> None:
    statuses = ("submitted", "pending", "provisioning", "running", "terminating", "done", "failed")
    assert [started(a_run(status)) for status in statuses] == [False] * 3 + [True] * 4


@pytest.mark.parametrize(
    ("data", "concerned"),
    [
        ({"run_id": "id-of-hello"}, True),
        ({"attempt_id": "a1"}, True),
        ({"run_id": "x", "attempt_id": "y"}, False),
        ({}, False),
    ],
)
def test_an_event_is_about_a_run_by_its_id_or_by_an_attempt_s(data: dict[str, str], concerned: bool) -> None:
    event = HappenedEvent("i", "runfold.job.AttemptStarted", "job:1", NOON, "1", data)
    assert concerns(event, a_run(latest=submission())) is concerned


def test_a_good_end_tells_status_and_time() -> None:
    latest = submission(status="done", status_message="exited (0)", finished_at="2026-01-01T12:02:05Z")
    run = a_run("done", latest=latest)
    assert ends.verdict(run, NOON) == "hello is done: exited (0), after 2m 5s"
    assert ends.advice(run) is None


def test_a_failure_tells_why_and_what_to_do() -> None:
    latest = submission(
        status="failed",
        status_message="exited (3)",
        termination_reason="container_exited_with_error",
        termination_reason_message="it said so",
        exit_status=3,
    )
    run = a_run("failed", latest=latest)
    assert ends.verdict(run, NOON + timedelta(seconds=4)) == "hello is failed: exited (3), after 4.0s"
    assert ends.reason(run) == "container_exited_with_error: it said so"
    assert "`runfold logs hello`" in (ends.advice(run) or "")


@pytest.mark.parametrize(
    ("reason", "status", "told"),
    [
        ("container_exited_with_error", 127, "command isn't there"),
        ("container_exited_with_error", 137, "memory"),
        ("failed_to_start_due_to_no_capacity", None, "runfold offer"),
        ("something_new", None, "runfold event --within-run hello"),
        (None, None, "runfold event --within-run hello"),
    ],
)
def test_advice_goes_by_reason_and_exit_status(reason: str | None, status: int | None, told: str) -> None:
    run = a_run("failed", latest=submission(termination_reason=reason, exit_status=status))
    assert told in (ends.advice(run) or "")


def test_who_stopped_a_run_needs_no_advice() -> None:
    run = a_run("terminated", latest=submission(termination_reason="terminated_by_user"))
    assert (ends.advice(run), ends.reason(run)) == (None, "terminated_by_user")
