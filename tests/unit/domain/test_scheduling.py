"""Passes of the scheduler: stops first, then ends and timers, then placements, highest priority first."""

from typing import Any

import pytest

from runfold.contracts import job as e
from runfold.contracts.instance import InstanceRequested
from runfold.contracts.registry import Event
from runfold.contracts.run import RunFinished, RunStopRequested, RunUpdated
from runfold.contracts.values import Idle, Quantities
from runfold.domain.scheduling.place import NO_CAPACITY
from runfold.domain.scheduling.plan import PASS
from tests.unit.domain.given import SECOND, START, After, flat, given, placements, schedule
from tests.unit.domain.things import (
    ALWAYS,
    FOUNDED,
    a_place,
    ended,
    fleet,
    host,
    instance,
    placed,
    provisioned,
    refused,
    running,
    submitted,
)

STOP = RunStopRequested("run", "user")
DONE: list[Event] = [
    e.JobFinished("job", "run", "attempt", "done", "done_by_runner", 0),
    RunFinished("run", "done", "all_jobs_done"),
]
TERMINATED = RunFinished("run", "terminated", "stopped_by_user")
HUGE = Quantities(cpu=64_000)


def finished(reason: str = "terminated_by_user", status: str = "terminated") -> e.JobFinished:
    return e.JobFinished("job", "run", "attempt", status, reason)


# Placing


def test_a_waiting_job_is_placed() -> None:
    given(a_place(), submitted()).when(schedule).then(placed())


def test_nothing_is_decided_twice() -> None:
    world = given(a_place(), submitted()).when(schedule).then(placed())
    assert world.schedule() == []


def test_what_the_log_refused_is_decided_again() -> None:
    world = given(a_place(), submitted()).world
    assert flat(world.schedule()) == [placed()]
    assert flat(world.schedule()) == [placed()]


def test_a_placement_expects_that_nobody_touched_its_run_its_job_or_its_instance() -> None:
    (decision,) = given(a_place(), submitted()).world.schedule()
    assert decision.expect == ("run:run", "job:job", "instance:instance")


def jobs(*specs: tuple[str, int, int]) -> list[list[Event]]:
    """(name, priority, milli-CPU) of runs, submitted in this order."""
    return [
        submitted(f"run-{name}", name, priority=priority, requests=Quantities(cpu=cpu))
        for name, priority, cpu in specs
    ]


def test_higher_priority_goes_first_then_the_one_that_waits_longest() -> None:
    world = given(a_place(), jobs(("a", 0, 100), ("b", 7, 200), ("c", 0, 300), ("d", 7, 200))).world
    assert placements(world.schedule()) == ["b", "d", "a", "c"]


def test_only_as_many_are_placed_as_fit() -> None:
    world = given(a_place(), jobs(*((name, 0, 1500) for name in "abc"))).world
    world.happens(flat(world.schedule()))
    assert world.cell.hosts["host"].used_cpu == 3000
    assert world.agenda.why == {"c": "every suitable instance is full"}


def test_a_small_job_may_pass_a_large_one_that_does_not_fit() -> None:
    world = given(a_place(), jobs(("a", 0, 3000), ("large", 9, 4000), ("b", 0, 500))).world
    world.happens(placed("a", "run-a", reserved=Quantities(cpu=3000)))
    assert placements(world.schedule()) == ["b"]


def test_a_waiting_job_is_placed_when_room_appears() -> None:
    world = given(a_place(), jobs(("a", 0, 4000), ("b", 0, 4000))).world
    world.happens(flat(world.schedule()))
    assert world.schedule() == []
    world.happens(ended("a"))
    decided = flat(world.schedule())
    assert placements(decided) == ["b"]
    assert [type(event) for event in decided] == [e.JobFinished, RunFinished, e.JobPlaced]


def test_a_pass_is_bounded_and_the_next_one_goes_on() -> None:
    roomy = Quantities(cpu=10**9, memory=10**15, disk=10**15)
    world = given(a_place(roomy), [submitted(f"run-{n}", f"job-{n}") for n in range(PASS + 1)]).world
    first = world.schedule()
    assert len(first) == PASS
    world.happens(flat(first))
    assert len(placements(world.schedule())) == 1


def test_a_job_that_fits_nowhere_fails_for_want_of_capacity() -> None:
    world = given(a_place(), submitted(requests=HUGE)).world
    end, run_end = flat(world.schedule())
    assert (end.status, end.reason) == ("failed", NO_CAPACITY)
    assert "64 CPU" in end.message
    assert run_end == RunFinished("run", "failed", "job_failed", end.message)


def test_a_job_that_fits_nowhere_is_retried_where_its_policy_says_so_until_that_is_over() -> None:
    world = given(a_place(), submitted(requests=HUGE, retry=ALWAYS)).world
    waits = []
    for _ in range(20):
        (decided,) = decided_now = flat(world.schedule())[:1]
        world.happens(flat(decided_now))
        if not isinstance(decided, e.JobRetryScheduled):
            break
        waits.append((decided.due - world.now) // SECOND)
        world.happens(After(waits[-1]))
        world.happens(flat(world.schedule()))
    assert waits[:6] == [15, 30, 60, 120, 300, 600]
    assert world.now - START >= ALWAYS.duration * SECOND
    assert world.job().status == "failed"


def test_a_fleet_is_asked_to_grow_once_and_the_job_is_placed_when_it_has() -> None:
    request = InstanceRequested("new-1", "fleet", 0, "name-fleet-0", "local", "project", "job", Idle())
    world = given(*FOUNDED, host(), fleet(), submitted()).when(schedule).then(request)
    assert world.schedule() == []
    world.happens(provisioned("new-1"))
    assert flat(world.schedule()) == [placed(instance="new-1")]


MINUTE = Idle(60)


@pytest.mark.parametrize(
    ("of_fleet", "of_run", "idle"),
    [
        ({"idle_duration": 259200, "idle_asked": False}, None, Idle(300)),
        ({"idle_duration": 259200, "idle_asked": False}, MINUTE, MINUTE),
        ({"idle_duration": 259200, "idle_asked": False}, Idle(), Idle()),
        ({"idle_duration": 60}, None, MINUTE),
        ({"idle_duration": 60}, Idle(600), MINUTE),
        ({"idle_duration": 600}, MINUTE, MINUTE),
        ({"idle_duration": 60}, Idle(), MINUTE),
        ({"idle_duration": None}, MINUTE, MINUTE),
        ({"idle_duration": None}, None, Idle()),
    ],
)
def test_what_is_made_for_a_run_idles_as_long_as_fleet_and_run_ask_for_the_shorter_of_the_two(
    of_fleet: dict[str, Any], of_run: Idle | None, idle: Idle
) -> None:
    world = given(*FOUNDED, host(), fleet(**of_fleet), submitted(idle=of_run)).world
    (request,) = flat(world.schedule())
    assert request.idle == idle


def test_a_request_that_the_log_refused_is_made_again() -> None:
    world = given(*FOUNDED, host(), fleet(), submitted()).world
    assert [type(event) for event in flat(world.schedule())] == [InstanceRequested]
    assert [type(event) for event in flat(world.schedule())] == [InstanceRequested]


def test_a_fleet_is_asked_for_one_instance_at_a_time() -> None:
    world = given(*FOUNDED, host(), host("host-2"), fleet(), jobs(("a", 0, 4000), ("b", 0, 3000))).world
    assert len(world.schedule()) == 1


# Refusals


def test_a_refused_job_goes_to_another_instance_and_to_the_same_one_after_its_time() -> None:
    world = given(a_place(), submitted()).when(schedule).then(placed())
    world.happens(refused())
    assert [type(event) for event in flat(world.schedule())] == [e.JobResubmitted]
    world.happens(flat(world.schedule()))
    assert world.schedule() == []
    attempt = world.job().attempt.id
    world.happens(host("host-2"), instance("instance-2", "host-2", num=1))
    assert flat(world.schedule()) == [placed(attempt=attempt, instance="instance-2", host="host-2")]


def test_an_excluded_instance_is_asked_again_when_its_time_is_over() -> None:
    world = given(a_place(), submitted(), placed(), refused()).world
    world.happens(flat(world.schedule()))
    assert world.schedule() == []
    assert world.agenda.next_due == START + 30 * SECOND
    world.happens(After(30))
    assert placements(world.schedule()) == ["job"]


def test_a_job_that_another_replica_resubmitted_since_it_was_proposed_here_is_placed_once() -> None:
    two = [host("host-2"), instance("instance-2", "host-2", num=1)]
    world = given(a_place(), two, submitted()).world
    assert placements(world.schedule()) == ["job"]
    world.happens(
        placed(), refused(), e.JobResubmitted("job", "run", "again", "instance", START + 30 * SECOND)
    )
    assert placements(world.schedule()) == ["job"]


# Ends


def test_a_job_that_ended_is_finished_with_its_run() -> None:
    world = given(a_place(), submitted(), running(), ended()).when(schedule).then(*DONE)
    assert world.schedule() == []


def test_an_end_expects_that_nobody_touched_run_and_job() -> None:
    (decision,) = given(a_place(), submitted(), running(), ended()).world.schedule()
    assert decision.expect == ("run:run", "job:job")


def test_a_failed_job_is_resubmitted_when_its_retry_is_due() -> None:
    world = given(a_place(), submitted(retry=ALWAYS), running(), ended(status=1)).world
    (retry,) = flat(world.schedule())
    assert retry == e.JobRetryScheduled(
        "job", "run", "attempt", "container_exited_with_error", START + 15 * SECOND
    )
    world.happens(retry)
    assert world.schedule() == []
    world.happens(After(15))
    decided = flat(world.schedule())
    assert [type(event) for event in decided] == [e.JobResubmitted]
    world.happens(decided)
    assert placements(world.schedule()) == ["job"]


def test_a_due_timer_whose_decision_the_log_refused_stays_due() -> None:
    world = given(a_place(), submitted(retry=ALWAYS), running(), ended(status=1)).world
    world.happens(flat(world.schedule()), After(15))
    assert world.schedule() != []
    assert world.schedule() != []


def test_a_job_that_runs_too_long_is_stopped() -> None:
    world = given(a_place(), submitted(max_duration=60, stop_duration=10), running()).world
    assert world.agenda.next_due == START + 60 * SECOND
    world.happens(After(59.999))
    assert world.schedule() == []
    world.happens(After(0.001))
    (stopping,) = flat(world.schedule())
    assert stopping == e.JobStopping(
        "job", "attempt", "max_duration_exceeded", 10, "max_duration of 60 s exceeded"
    )
    world.happens(stopping)
    assert world.schedule() == []
    world.happens(ended(status=143))
    finish, run_end = flat(world.schedule())
    assert (finish.status, finish.reason) == ("terminated", "max_duration_exceeded")
    assert run_end.status == "failed"


# Stops


def test_a_stop_of_what_waits_ends_it_at_once() -> None:
    world = given(a_place(), submitted(), STOP).when(schedule).then(finished(), TERMINATED)
    assert world.schedule() == []


def test_a_stop_of_what_runs_orders_it_to_stop_and_ends_it_when_it_did() -> None:
    stopping = e.JobStopping("job", "attempt", "terminated_by_user", 300)
    world = given(a_place(), submitted(stop_duration=300), running(), STOP).when(schedule).then(stopping)
    assert world.schedule() == []
    world.happens(ended(status=143))
    finish, run_end = flat(world.schedule())
    assert (finish.reason, finish.exit_status, run_end) == ("terminated_by_user", 143, TERMINATED)


def test_an_abort_after_a_stop_takes_the_grace() -> None:
    world = given(a_place(), submitted(stop_duration=300), running(), STOP).world
    world.happens(flat(world.schedule()))
    world.happens(RunStopRequested("run", "user", abort=True))
    assert flat(world.schedule()) == [e.JobStopping("job", "attempt", "aborted_by_user", 0)]


def test_a_stop_between_the_exit_and_the_last_output_does_not_change_the_end() -> None:
    exit_, closed = ended()
    world = given(a_place(), submitted(), running(), exit_, STOP).world
    assert world.schedule() == []
    world.happens(closed)
    assert flat(world.schedule()) == DONE


def test_a_stop_ends_what_was_refused() -> None:
    world = given(a_place(), submitted(), placed(), refused(), STOP).world
    end, run_end = flat(world.schedule())
    assert (end.reason, run_end) == ("terminated_by_user", TERMINATED)


@pytest.mark.parametrize("abort", [False, True])
def test_a_stop_ends_what_waits_for_its_retry(abort: bool) -> None:
    world = given(a_place(), submitted(retry=ALWAYS), running(), ended(status=1)).world
    world.happens(flat(world.schedule()), RunStopRequested("run", "user", abort))
    end, run_end = flat(world.schedule())
    assert end.status == ("aborted" if abort else "terminated")
    assert run_end.status == "terminated"
    world.happens(end, run_end, After(3600))
    assert world.schedule() == []


def test_a_pass_decides_on_a_run_at_most_once() -> None:
    world = given(a_place(), submitted(), running(), ended(status=1), STOP).world
    world.happens(flat(world.schedule()))
    assert world.schedule() == []
    assert world.run().final == "terminated"


def test_what_waited_and_was_stopped_leaves_nothing_behind() -> None:
    world = given(a_place(), jobs(("a", 0, 4000), ("job", 0, 4000))).world
    world.happens(flat(world.schedule()), RunStopRequested("run-job", "user"))
    world.happens(flat(world.schedule()))
    assert world.agenda.why == {}
    world.happens(ended("a"))
    world.happens(flat(world.schedule()))
    world.schedule()
    assert not world.agenda.waiting


# Priorities that change


def prioritized(run: str, priority: int) -> RunUpdated:
    return RunUpdated(run, "user", "{}", priority, ("priority",))


def test_a_run_that_waits_goes_by_the_priority_that_it_has_now() -> None:
    world = given(a_place(), jobs(("a", 5, 100), ("b", 0, 200), ("c", 3, 300))).world
    world.happens(prioritized("run-a", 1), prioritized("run-b", 9))
    assert placements(world.schedule()) == ["b", "c", "a"]


def test_a_changed_run_waits_behind_those_that_have_its_priority_already() -> None:
    world = given(a_place(), jobs(("a", 0, 100), ("b", 4, 200)), prioritized("run-a", 4)).world
    assert placements(world.schedule()) == ["b", "a"]


def test_what_runs_is_placed_once_whatever_its_priority_becomes() -> None:
    world = given(a_place(), submitted()).when(schedule).then(placed())
    world.happens(prioritized("run", 9))
    assert world.schedule() == []
