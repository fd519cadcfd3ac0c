"""Schedules: runs that are submitted anew at each time that a cron expression says, in UTC."""

from typing import Any

import pytest

from runfold.contracts import job as e
from runfold.contracts.registry import Event
from runfold.contracts.run import RunFinished, RunStopRequested, RunSubmitted
from runfold.contracts.values import Gang, Retry
from runfold.domain.errors import Invalid
from runfold.domain.job.evolve import KEPT
from runfold.domain.run.schedule import next_trigger
from tests.unit.domain.given import SECOND, START, After, World, flat, given, placements, schedule
from tests.unit.domain.things import ALWAYS, PROJECT, a_place, ended, placed, refused, spec, started

MINUTE = 60 * SECOND
#: The first minute after the specs' beginning, and the seconds until then.
DUE = next_trigger(("* * * * *",), START)
UNTIL = (DUE - START) / SECOND


def scheduled(*crons: str, jobs: int = 1, retry: Retry | None = None) -> list[Event]:
    gang = Gang(jobs) if jobs > 1 else None
    how = crons or ("* * * * *",)
    run = RunSubmitted("run", PROJECT, "user", "name-run", "dstack", "{}", gang=gang, schedule=how)
    names = ["job", *(f"job-{n}" for n in range(1, jobs))]
    first = [name if name != "job" else "attempt" for name in names]
    made = zip(names, first, strict=True)
    return [
        run,
        *(e.JobSubmitted(n, "run", a, spec(retry=retry), at, due=DUE) for at, (n, a) in enumerate(made)),
    ]


def come(world: World) -> World:
    """The next time has come, and the job is placed."""
    due = world.job().retry_due
    assert due is not None
    world.happens(After((due - world.now) / SECOND))
    world.happens(flat(world.schedule()))
    return world.happens(flat(world.schedule()))


def over(world: World, status: int = 0) -> list[Any]:
    """What is decided once the attempt that runs has ended."""
    attempt = world.job().attempt.id
    return flat(world.happens(started("job", attempt), ended("job", attempt, status)).schedule())


def test_nothing_is_submitted_before_the_first_time() -> None:
    world = given(a_place(), *scheduled()).world
    assert world.schedule() == []
    assert (world.run().status, world.agenda.next_due) == ("pending", DUE)


def test_at_its_time_it_is_submitted_and_placed() -> None:
    world = (
        given(a_place(), *scheduled(), After(UNTIL))
        .when(schedule)
        .then(e.JobResubmitted("job", "run", "attempt"))
    )
    assert world.run().status == "submitted"
    assert flat(world.schedule()) == [placed()]
    assert world.attempt().submitted_at == DUE


@pytest.mark.parametrize(("status", "reason"), [(0, "done_by_runner"), (3, "container_exited_with_error")])
def test_however_it_ends_it_waits_for_its_next_time(status: int, reason: str) -> None:
    world = come(given(a_place(), *scheduled()).world)
    (until,) = over(world, status)
    assert until == e.JobRetryScheduled("job", "run", "attempt", reason, DUE + MINUTE, anew=True)
    world.happens(until)
    assert world.run().status == "pending"
    come(world)
    assert [attempt.num for attempt in world.job().attempts] == [0, 1]


def test_times_that_pass_while_it_runs_are_left_out() -> None:
    world = come(given(a_place(), *scheduled()).world)
    world.happens(After(150))
    (until,) = over(world)
    assert until.due == DUE + 3 * MINUTE


def test_a_retry_is_none_of_its_times_and_each_time_begins_with_the_shortest_wait() -> None:
    world = come(given(a_place(), *scheduled("0 0 * * *", retry=ALWAYS)).world)
    waits = []
    for _ in range(2):
        (retry,) = over(world, 1)
        waits.append((retry.due - world.now) // SECOND)
        come(world.happens(retry))
    world.happens(over(world), After(1))
    come(world)
    (retry,) = over(world, 1)
    waits.append((retry.due - world.now) // SECOND)
    assert waits == [15, 30, 15]


@pytest.mark.parametrize("begun", [False, True])
def test_its_users_stop_ends_it(begun: bool) -> None:
    world = given(a_place(), *scheduled()).world
    if begun:
        world.happens(over(come(world)))
    world.happens(RunStopRequested("run", "user"))
    finished, end = flat(world.schedule())
    assert (finished.reason, end) == (
        "terminated_by_user",
        RunFinished("run", "terminated", "stopped_by_user"),
    )
    world.happens(finished, end, After(3600))
    assert world.schedule() == []


def test_a_stop_while_it_runs_is_no_wait_for_another_time() -> None:
    world = come(given(a_place(), *scheduled()).world)
    world.happens(started(), RunStopRequested("run", "user"))
    world.happens(flat(world.schedule()))
    _, end = flat(world.happens(ended(status=143)).schedule())
    assert end == RunFinished("run", "terminated", "stopped_by_user")


def test_a_refusal_costs_none_of_its_times() -> None:
    world = come(given(a_place(), *scheduled()).world)
    (again,) = flat(world.happens(refused()).schedule())
    assert isinstance(again, e.JobResubmitted)


def test_a_gang_waits_comes_and_goes_as_a_whole() -> None:
    world = given(a_place(), *scheduled(jobs=2), After(UNTIL)).world
    begun = flat(world.schedule())
    assert begun == [e.JobResubmitted("job", "run", "attempt"), e.JobResubmitted("job-1", "run", "job-1")]
    assert placements(world.happens(begun).schedule()) == ["job", "job-1"]
    world.happens(flat(world.schedule()), ended("job"), ended("job-1", "job-1"))
    assert [(each.job_id, each.due) for each in flat(world.schedule())] == [
        ("job", DUE + MINUTE),
        ("job-1", DUE + MINUTE),
    ]


def test_however_often_it_comes_its_state_stays_small() -> None:
    world = given(a_place(), *scheduled()).world
    for _ in range(3 * KEPT):
        world.happens(over(come(world)))
    come(world)
    job = world.job()
    assert len(job.attempts) == len(world.cell.attempts) == len(world.cell.jobs_by_attempt) == KEPT + 1
    assert (job.attempt.num, job.past) == (3 * KEPT, 2 * KEPT)


@pytest.mark.parametrize(
    ("crons", "due"),
    [
        (("*/15 * * * *",), 900),
        (("30 3 * * *",), 12_600),
        (("0 0 1 1 *", "5 0 * * *"), 300),
        (("0 12 * * MON",), 4 * 86_400 + 43_200),
    ],
)
def test_the_first_of_all_expressions_says_when(crons: tuple[str, ...], due: int) -> None:
    assert next_trigger(crons, 0) == due * SECOND


def test_a_time_that_is_now_is_not_to_come() -> None:
    assert next_trigger(("0 0 * * *",), 0) == 86_400 * SECOND


@pytest.mark.parametrize(
    "crons", [(), ("",), ("* * * *",), ("* * * * * *",), ("61 * * * *",), ("0 0 31 2 *",), ("x * * * *",)]
)
def test_what_never_comes_is_refused(crons: tuple[str, ...]) -> None:
    with pytest.raises(Invalid, match="schedule"):
        next_trigger(crons, 0)
