"""Facts of executors are cumulative: what they add to what is known becomes events, in whatever order they come."""

from dataclasses import replace
from itertools import permutations

import pytest

from runfold.contracts import job as e
from runfold.contracts.executor import AttemptCondition, AttemptState
from runfold.contracts.values import PullProgress
from runfold.domain.job import decide
from runfold.domain.job.state import JobStatus
from tests.unit.domain.given import START, World, given
from tests.unit.domain.things import a_place, claimed, condition, exited, placed, started, submitted

STOPPING = e.JobStopping("job", "attempt", "terminated_by_user")
CLAIMED = condition(AttemptState.CLAIMED)
PULLING = condition(AttemptState.PULLING, image="busybox")
RUNNING = condition(AttemptState.RUNNING, image="busybox", started_at=START)
EXITED = condition(AttemptState.EXITED, image="busybox", started_at=START, exited_at=START, exit_status=0)
REFUSED = condition(
    AttemptState.REFUSED, claimed_at=0, reason="failed_to_start_due_to_no_capacity", message="full"
)
LOST = condition(AttemptState.LOST, message="gone")


def events_of(world: World, *facts: AttemptCondition) -> list[e.JobEvent]:
    """What these facts, one after the other, make happen."""
    events = []
    for fact in facts:
        new = decide.record(world.job(), fact)
        world.happens(new)
        events += new
    return events


def placed_world(*more: e.JobEvent) -> World:
    return given(a_place(), submitted(), placed(), *more).world


def test_each_fact_adds_what_is_new_in_it() -> None:
    assert events_of(placed_world(), CLAIMED, PULLING, RUNNING, EXITED) == [
        claimed(),
        e.AttemptPulling("job", "attempt", "busybox"),
        started(),
        exited(),
    ]


def test_a_pull_is_told_at_its_beginning_and_at_each_tenth() -> None:
    world = placed_world()
    facts = [replace(PULLING, progress=PullProgress(at, 0, 1000)) for at in range(0, 1001, 7)]
    told = [event for event in events_of(world, *facts) if isinstance(event, e.AttemptPulling)]
    assert [event.progress and event.progress.downloaded_bytes for event in told] == [
        0, 105, 210, 315, 420, 525, 630, 735, 840, 945,
    ]  # fmt: skip
    assert world.attempt().pull == PullProgress(945, 0, 1000)


def test_a_pull_that_finds_more_to_download_goes_on_telling() -> None:
    world = placed_world()
    facts = [PullProgress(0), PullProgress(10, 0, 10), PullProgress(100, 0, 1000), PullProgress(110, 0, 1000)]
    told = events_of(world, *(replace(PULLING, progress=fact) for fact in facts))
    assert [event.progress for event in told if isinstance(event, e.AttemptPulling)] == facts[:2] + facts[3:]


def test_the_last_fact_alone_tells_all_but_the_pulling() -> None:
    assert events_of(placed_world(), EXITED) == [claimed(), started(), exited()]


@pytest.mark.parametrize("order", list(permutations([CLAIMED, PULLING, RUNNING, EXITED])))
def test_facts_in_any_order_end_the_same_way(order: tuple[AttemptCondition, ...]) -> None:
    world = placed_world()
    events = events_of(world, *order)
    assert events[-1] == exited()
    attempt = world.attempt()
    assert (attempt.ended, attempt.claimed_at, attempt.started_at) == (True, START, START)


@pytest.mark.parametrize("fact", [CLAIMED, PULLING, RUNNING, EXITED, REFUSED, LOST])
def test_a_repeated_fact_says_nothing_new(fact: AttemptCondition) -> None:
    world = placed_world()
    assert events_of(world, fact) != []
    assert events_of(world, fact) == []


def test_a_repeated_pull_of_what_is_being_stopped_says_nothing_new() -> None:
    world = placed_world(claimed(), STOPPING)
    events_of(world, PULLING)
    assert events_of(world, PULLING) == []
    assert world.attempt().status is JobStatus.TERMINATING


def test_a_late_fact_does_not_take_the_status_back() -> None:
    world = placed_world()
    events_of(world, RUNNING)
    assert events_of(world, PULLING) == []
    assert world.attempt().status is JobStatus.RUNNING


def test_a_pull_event_that_stands_behind_the_start_does_not_take_the_status_back() -> None:
    world = placed_world(started(), e.AttemptPulling("job", "attempt", "busybox"))
    assert world.attempt().status is JobStatus.RUNNING


def test_a_refusal_frees_the_capacity_and_is_no_end_of_the_job() -> None:
    world = placed_world()
    assert [event.__class__ for event in events_of(world, REFUSED)] == [e.AttemptRefused]
    assert world.cell.hosts["host"].used_cpu == 0
    assert world.job().finished_at is None


def test_a_lost_attempt_is_an_interruption() -> None:
    assert events_of(placed_world(claimed()), LOST) == [
        e.AttemptLost("job", "attempt", "interrupted_by_no_capacity", "gone")
    ]


@pytest.mark.parametrize(("status", "reason"), [(0, "done_by_runner"), (7, "container_exited_with_error")])
def test_the_exit_status_gives_the_reason_where_the_executor_gives_none(status: int, reason: str) -> None:
    fact = condition(AttemptState.EXITED, exit_status=status, exited_at=START, started_at=START)
    end = events_of(placed_world(), fact)[-1]
    assert isinstance(end, e.AttemptExited)
    assert end.reason == reason


def test_an_attempt_that_never_started_can_exit() -> None:
    fact = condition(
        AttemptState.EXITED, exited_at=START, reason="creating_container_error", message="no image"
    )
    assert events_of(placed_world(), fact) == [
        claimed(),
        e.AttemptExited("job", "attempt", "creating_container_error", START, message="no image"),
    ]


def test_a_fact_of_an_unknown_attempt_says_nothing() -> None:
    assert decide.record(placed_world().job(), condition(AttemptState.EXITED, "other")) == []


def test_a_fact_of_an_attempt_that_was_never_placed_says_nothing() -> None:
    assert decide.record(given(a_place(), submitted()).world.job(), EXITED) == []


def test_a_fact_of_an_earlier_attempt_says_nothing_any_more() -> None:
    world = placed_world()
    events_of(world, REFUSED)
    world.happens(e.JobResubmitted("job", "run", "attempt-2"))
    assert events_of(world, EXITED) == []
    assert world.job().waiting


def test_the_exit_frees_the_capacity_though_the_output_is_still_coming() -> None:
    world = placed_world()
    assert world.cell.hosts["host"].used_cpu == 1000
    events_of(world, EXITED)
    assert world.cell.hosts["host"].used_cpu == 0
    assert world.cell.instances["instance"].attempts == set()
