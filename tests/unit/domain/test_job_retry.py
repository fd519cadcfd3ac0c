"""What follows when an attempt fails or is refused: another one, at once or later, or the end."""

import pytest

from runfold.contracts import job as e
from runfold.contracts.values import Retry
from runfold.domain.job import decide
from runfold.domain.job.decide import BACKOFF, EXCLUSION
from runfold.domain.job.reasons import MEANINGS, meaning
from runfold.domain.job.state import JobStatus
from tests.unit.domain.given import SECOND, START, After, World, given
from tests.unit.domain.things import ALWAYS, FOUNDED, a_place, ended, placed, refused, running, submitted


def finished(
    status: str, reason: str, exit_status: int | None = None, message: str | None = None
) -> e.JobFinished:
    return e.JobFinished("job", "run", "attempt", status, reason, exit_status, message)


def settle(world: World) -> list[e.JobEvent]:
    return decide.settle(world.job(), world.now, "attempt-2")


def test_a_refused_attempt_is_followed_by_another_at_once_and_elsewhere() -> None:
    world = (
        given(a_place(), submitted(), placed(), refused())
        .when(settle)
        .then(e.JobResubmitted("job", "run", "attempt-2", "instance", START + EXCLUSION))
    )
    assert world.job().waiting
    assert world.job().excluded == {"instance": START + EXCLUSION}


def fail_with_retry(world: World, attempt: str) -> int:
    """The attempt fails and the next one is submitted when it's due; how many seconds that takes."""
    world.happens(placed(attempt=attempt), ended(attempt=attempt, status=1))
    (scheduled,) = decide.settle(world.job(), world.now, "none")
    assert isinstance(scheduled, e.JobRetryScheduled)
    world.happens(scheduled)
    assert decide.resubmit(world.job(), scheduled.due - 1, "early") == []
    wait = (scheduled.due - world.now) // SECOND
    following = f"attempt-{len(world.job().attempts) + 1}"
    world.happens(After(wait))
    world.happens(decide.resubmit(world.job(), world.now, following))
    return wait


def test_a_failing_job_is_retried_after_15_30_60_120_300_and_then_600_seconds() -> None:
    world = given(a_place(), submitted(retry=ALWAYS)).world
    attempts = ["attempt", *(f"attempt-{n}" for n in range(2, 9))]
    assert [fail_with_retry(world, attempt) for attempt in attempts] == [*BACKOFF, 600, 600]


def test_refusals_do_not_count_as_retries() -> None:
    world = given(a_place(), submitted(retry=ALWAYS), placed(), refused()).when(settle).world
    for attempt in ("attempt-2", "attempt-3"):
        world.happens(
            e.JobResubmitted("job", "run", attempt), placed(attempt=attempt), refused(attempt=attempt)
        )
    world.happens(e.JobResubmitted("job", "run", "attempt-4"))
    assert fail_with_retry(world, "attempt-4") == BACKOFF[0]


def test_a_job_without_retry_fails_for_good() -> None:
    given(a_place(), submitted(), running(), ended(status=1)).when(settle).then(
        finished("failed", "container_exited_with_error", 1)
    )


def test_a_job_is_retried_only_for_what_its_policy_names() -> None:
    retry = Retry(("no-capacity",), 3600)
    given(a_place(), submitted(retry=retry), running(), ended(status=1)).when(settle).then(
        finished("failed", "container_exited_with_error", 1)
    )


def test_a_lost_attempt_counts_as_an_interruption() -> None:
    lost = e.AttemptLost("job", "attempt", "interrupted_by_no_capacity", "gone")
    closed = e.OutputClosed("job", "attempt", 0)
    given(a_place(), submitted(retry=Retry(("interruption",), 60)), running(), lost, closed).when(
        settle
    ).then(e.JobRetryScheduled("job", "run", "attempt", lost.reason, START + 15 * SECOND, "gone"))


def no_capacity(world: World) -> list[e.JobEvent]:
    return decide.fail_or_retry(world.job(), "failed_to_start_due_to_no_capacity", "none", world.now)


def test_no_capacity_is_retried_for_as_long_after_the_submission_as_the_policy_says() -> None:
    retry = Retry(("no-capacity",), 60)
    given(*FOUNDED, submitted(retry=retry), After(59)).when(no_capacity).then(
        e.JobRetryScheduled(
            "job", "run", "attempt", "failed_to_start_due_to_no_capacity", START + 74 * SECOND, "none"
        )
    )
    given(*FOUNDED, submitted(retry=retry), After(60)).when(no_capacity).then(
        finished("failed", "failed_to_start_due_to_no_capacity", message="none")
    )


def test_after_an_interruption_no_capacity_is_retried_for_as_long_as_the_policy_says_once_more() -> None:
    retry = Retry(("no-capacity", "interruption"), 60)
    lost = e.AttemptLost("job", "attempt", "interrupted_by_no_capacity", "gone")
    again = e.JobResubmitted("job", "run", "attempt-2")
    late = [After(1000), lost, again]
    (scheduled,) = no_capacity(given(a_place(), submitted(retry=retry), running(), late, After(59)).world)
    assert isinstance(scheduled, e.JobRetryScheduled)
    (end,) = no_capacity(given(a_place(), submitted(retry=retry), running(), late, After(60)).world)
    assert isinstance(end, e.JobFinished)


def test_success_is_never_retried() -> None:
    given(a_place(), submitted(retry=ALWAYS), running(), ended()).when(settle).then(
        finished("done", "done_by_runner", 0)
    )


@pytest.mark.parametrize("reason", [*MEANINGS, "of a later version"])
def test_every_reason_has_a_final_status(reason: str) -> None:
    assert JobStatus(meaning(reason).status).final
