"""What follows from a job's condition: stop, retry, finish."""

import pytest

from runfold.contracts import job as e
from runfold.domain.job import decide
from runfold.domain.job.state import JobStatus
from tests.unit.domain.given import SECOND, START, After, World, given
from tests.unit.domain.things import (
    ALWAYS,
    FOUNDED,
    a_place,
    claimed,
    ended,
    exited,
    placed,
    refused,
    running,
    started,
    submitted,
)

STOPPING = e.JobStopping("job", "attempt", "terminated_by_user", grace=300)


def finished(
    status: str, reason: str, exit_status: int | None = None, message: str | None = None
) -> e.JobFinished:
    return e.JobFinished("job", "run", "attempt", status, reason, exit_status, message)


def stop(world: World, *, abort: bool = False) -> list[e.JobEvent]:
    reason = "aborted_by_user" if abort else "terminated_by_user"
    return decide.stop(world.job(), reason, abort=abort)


def abort(world: World) -> list[e.JobEvent]:
    return stop(world, abort=True)


def settle(world: World) -> list[e.JobEvent]:
    return decide.settle(world.job(), world.now, "attempt-2")


# Stopping


def test_a_job_that_waits_is_terminated_at_once() -> None:
    given(*FOUNDED, submitted()).when(stop).then(finished("terminated", "terminated_by_user"))


def test_a_job_that_waits_for_its_retry_is_terminated_at_once() -> None:
    retry = e.JobRetryScheduled("job", "run", "attempt", "executor_error", START)
    given(a_place(), submitted(), running(), ended(status=1), retry).when(stop).then(
        finished("terminated", "terminated_by_user", 1)
    )


def test_a_job_that_was_placed_is_stopped_with_its_grace() -> None:
    world = given(a_place(), submitted(stop_duration=300), placed()).when(stop).then(STOPPING)
    assert world.job().status is JobStatus.TERMINATING
    assert world.cell.hosts["host"].used_cpu == 1000


def test_a_job_without_stop_duration_may_take_as_long_as_it_likes() -> None:
    given(a_place(), submitted(), running()).when(stop).then(
        e.JobStopping("job", "attempt", "terminated_by_user", grace=None)
    )


def test_stopping_again_changes_nothing() -> None:
    given(a_place(), submitted(), running(), STOPPING).when(stop).then_nothing()


@pytest.mark.parametrize("grace", [300, None])
def test_an_abort_takes_the_grace_from_a_stop(grace: int | None) -> None:
    stopping = e.JobStopping("job", "attempt", "terminated_by_user", grace)
    given(a_place(), submitted(), running(), stopping).when(abort).then(
        e.JobStopping("job", "attempt", "aborted_by_user", grace=0)
    )


def test_aborting_again_changes_nothing() -> None:
    aborting = e.JobStopping("job", "attempt", "aborted_by_user", 0)
    given(a_place(), submitted(), running(), aborting).when(abort).then_nothing()


@pytest.mark.parametrize("end", [[exited()], [refused()], [exited(), finished("done", "done_by_runner", 0)]])
def test_what_has_ended_cannot_be_stopped(end: list[e.JobEvent]) -> None:
    given(a_place(), submitted(), placed(), end).when(stop).then_nothing()


# Settling


def test_a_job_goes_on_until_its_attempt_ended() -> None:
    given(a_place(), submitted(), running()).when(settle).then_nothing()


def test_a_job_whose_output_is_still_coming_waits_for_the_last_of_it() -> None:
    given(a_place(), submitted(), running(), exited()).when(settle).then_nothing()


def test_a_job_that_exited_with_zero_is_done() -> None:
    world = (
        given(a_place(), submitted(), running(), ended())
        .when(settle)
        .then(finished("done", "done_by_runner", 0))
    )
    assert world.job().status is JobStatus.DONE


def test_a_job_that_exited_otherwise_has_failed() -> None:
    given(a_place(), submitted(), running(), ended(status=3)).when(settle).then(
        finished("failed", "container_exited_with_error", 3)
    )


def test_incomplete_output_is_marked() -> None:
    closed = e.OutputClosed("job", "attempt", 10, incomplete=True)
    world = given(a_place(), submitted(), running(), exited(), closed).world
    (end,) = settle(world)
    assert isinstance(end, e.JobFinished)
    assert end.output_incomplete


def test_a_stopped_job_is_finished_for_the_reason_of_the_stop_once_its_attempt_ended() -> None:
    given(a_place(), submitted(retry=ALWAYS), running(), STOPPING, ended(status=143)).when(settle).then(
        finished("terminated", "terminated_by_user", 143)
    )


def test_a_stopped_job_waits_for_its_output_too() -> None:
    given(a_place(), submitted(), running(), STOPPING, exited(status=143)).when(settle).then_nothing()


def test_a_job_that_was_refused_while_it_was_stopped_is_not_tried_again() -> None:
    message = "full"
    world = (
        given(a_place(), submitted(), placed(), STOPPING, refused())
        .when(settle)
        .then(finished("terminated", "terminated_by_user"))
    )
    assert world.attempt().message != message


@pytest.mark.parametrize("end", [ended(status=1), [refused()]])
def test_a_job_whose_run_is_being_stopped_is_not_tried_again(end: list[e.JobEvent]) -> None:
    world = given(a_place(), submitted(retry=ALWAYS), running(), end).world
    (event,) = decide.settle(world.job(), world.now, "attempt-2", "terminated_by_user")
    assert isinstance(event, e.JobFinished)
    assert (event.status, event.reason) == ("terminated", "terminated_by_user")


def test_a_job_that_was_done_before_the_stop_reached_it_is_done() -> None:
    world = given(a_place(), submitted(), running(), ended()).world
    assert decide.settle(world.job(), world.now, "attempt-2", "terminated_by_user") == [
        finished("done", "done_by_runner", 0)
    ]


# Time limits


def deadline(world: World) -> int | None:
    return decide.deadline(world.job())


def test_a_running_job_ends_max_duration_after_it_started() -> None:
    world = given(a_place(), submitted(max_duration=60), placed(), After(5), started()).world
    assert deadline(world) == START + 65 * SECOND


@pytest.mark.parametrize("more", [[STOPPING], [exited()]])
def test_what_is_stopping_or_ended_has_no_deadline(more: list[e.JobEvent]) -> None:
    assert deadline(given(a_place(), submitted(max_duration=60), running(), more).world) is None


def test_what_does_not_run_or_has_no_limit_has_no_deadline() -> None:
    assert deadline(given(a_place(), submitted(max_duration=60), placed(), claimed()).world) is None
    assert deadline(given(a_place(), submitted(), running()).world) is None


# The end of the output


def close(world: World, stored: int, quiet: float) -> list[e.JobEvent]:
    return decide.close_output(world.job(), world.attempt(), stored, START, START + int(quiet * SECOND))


PRINTED = e.AttemptExited("job", "attempt", "done_by_runner", START, 0, output_bytes=100)


def test_output_is_closed_once_all_that_was_announced_is_stored() -> None:
    world = given(a_place(), submitted(), running(), PRINTED).world
    assert close(world, 99, quiet=4.9) == []
    assert close(world, 100, quiet=0) == [e.OutputClosed("job", "attempt", 100)]


def test_output_that_does_not_come_is_given_up_after_five_quiet_seconds() -> None:
    world = given(a_place(), submitted(), running(), PRINTED).world
    assert close(world, 99, quiet=5) == [e.OutputClosed("job", "attempt", 99, incomplete=True)]


def test_output_of_a_lost_attempt_is_given_up_too_since_nobody_knows_how_much_there_is() -> None:
    lost = e.AttemptLost("job", "attempt", "interrupted_by_no_capacity", "gone")
    world = given(a_place(), submitted(), running(), lost).world
    assert close(world, 100, quiet=4.9) == []
    assert close(world, 100, quiet=5) == [e.OutputClosed("job", "attempt", 100, incomplete=True)]


@pytest.mark.parametrize("more", [[], [refused()], ended()])
def test_output_is_not_closed_before_the_end_for_a_refusal_or_twice(more: list[e.JobEvent]) -> None:
    assert close(given(a_place(), submitted(), placed(), more).world, 100, quiet=60) == []
