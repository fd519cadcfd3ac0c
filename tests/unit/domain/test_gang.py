"""Gangs: members are placed together or not at all, and end together, whichever of them breaks."""

from dataclasses import replace
from typing import Any

import pytest

from runfold.contracts import job as e
from runfold.contracts.instance import InstanceRequested
from runfold.contracts.registry import Event
from runfold.contracts.run import RunFinished, RunStopRequested, RunSubmitted
from runfold.contracts.values import Gang, InstanceName, JobSpec, Quantities, Retry, Selection
from runfold.domain.run import gang
from runfold.domain.run.gang import held_back, released
from runfold.domain.run.state import Run
from runfold.domain.scheduling.place import NO_CAPACITY
from tests.unit.domain.given import SECOND, START, After, World, flat, given, placements, schedule
from tests.unit.domain.things import (
    ALWAYS,
    FOUNDED,
    PROJECT,
    SMALL,
    a_gang,
    a_place,
    ended,
    fleet,
    host,
    instance,
    placed,
    refused,
    running,
    spec,
    started,
    submitted,
)

RESUBMITTED, SCHEDULED = e.JobResubmitted, e.JobRetryScheduled
ROOM = Quantities(cpu=64_000, memory=1 << 40, disk=1 << 40)


def two_hosts(first: int = 2000, second: int = 2000) -> list[Any]:
    """Of so many milli-CPU each, in one fleet."""
    capacity = [Quantities(cpu=cpu, memory=1 << 40, disk=1 << 40) for cpu in (first, second)]
    hosts = [host("host-1", capacity[0]), host("host-2", capacity[1])]
    return [*FOUNDED, hosts, fleet(), instance("i-1", "host-1"), instance("i-2", "host-2", num=1)]


def all_run(*members: str) -> list[Event]:
    names = members or ("n0", "n1", "n2")
    return [*(placed(name) for name in names), *(started(name) for name in names)]


def of_kind(decided: list[Any], kind: type[Any]) -> list[Any]:
    return [event for event in decided if isinstance(event, kind)]


def ends(decided: list[Any]) -> dict[str, tuple[str, str]]:
    return {end.job_id: (end.status, end.reason) for end in of_kind(decided, e.JobFinished)}


def run_end(decided: list[Any]) -> tuple[str, str]:
    (end,) = of_kind(decided, RunFinished)
    return end.status, end.reason


def stopped(world: World, *members: str) -> None:
    """What they were ordered to do, they did."""
    for member in members:
        world.happens(ended(member, world.job(member).attempt.id, status=143))


# Placing


def test_all_members_are_placed_in_one_decision_or_none() -> None:
    (decision,) = given(a_place(), a_gang()).world.schedule()
    assert [event.job_id for event in decision.events] == ["n0", "n1", "n2"]  # type: ignore[union-attr]
    assert decision.expect == ("run:run", "job:n0", "job:n1", "job:n2", "instance:instance")


def test_a_gang_waits_until_there_is_room_for_all_of_it() -> None:
    two_cpus = Quantities(cpu=2000)
    busy = [submitted("other", "busy"), placed("busy", "other")]
    world = given(a_place(), busy, a_gang("n0", "n1", requests=two_cpus)).world
    assert world.schedule() == []
    assert world.agenda.why == {"n0": "there is no room for all 2 nodes at once"}
    world.happens(ended("busy"))
    assert placements(world.schedule()) == ["n0", "n1"]


def test_a_gang_that_does_not_go_keeps_no_other_run_back() -> None:
    busy = [submitted("other", "busy"), placed("busy", "other")]
    world = given(a_place(), busy, a_gang("n0", "n1", requests=Quantities(cpu=2000))).world
    world.happens(submitted("small", "small"))
    assert placements(world.schedule()) == ["small"]


def test_a_gang_is_spread_over_hosts_where_none_takes_all() -> None:
    decided = flat(given(two_hosts(2000, 3000), a_gang("a", "b", "c", "d")).world.schedule())
    assert [event.host_id for event in decided] == ["host-2", "host-2", "host-2", "host-1"]


def test_a_gang_lies_on_one_host_that_takes_all_of_it() -> None:
    decided = flat(given(two_hosts(2000, 3000), a_gang()).world.schedule())
    assert {event.host_id for event in decided} == {"host-2"}


def test_a_gang_lies_in_one_fleet() -> None:
    small = [host("host-1", Quantities(cpu=1000, memory=ROOM.memory)), host("host-2", ROOM)]
    fleets = [fleet("f-1"), fleet("f-2"), instance("i-1", "host-1", "f-1"), instance("i-2", "host-2", "f-2")]
    decided = flat(given(*FOUNDED, small, fleets, a_gang("n0", "n1")).world.schedule())
    assert {event.instance_id for event in decided} == {"i-2"}


def test_members_that_declare_a_port_do_not_share_a_host() -> None:
    decided = flat(given(two_hosts(), a_gang("n0", "n1", ports=(8000,))).world.schedule())
    assert sorted(event.host_id for event in decided) == ["host-1", "host-2"]


def test_a_gang_larger_than_any_fleet_fails_as_a_whole() -> None:
    decided = flat(given(two_hosts(), a_gang("a", "b", "c", "d", "f")).world.schedule())
    assert set(ends(decided).values()) == {("failed", NO_CAPACITY)}
    assert decided[0].message == "no fleet has room for 5 nodes at once"
    assert run_end(decided) == ("failed", "job_failed")


def test_a_gang_larger_than_any_fleet_is_retried_as_a_whole_where_its_policy_says_so() -> None:
    world = given(two_hosts(), a_gang("a", "b", "c", "d", "f", retry=ALWAYS)).world
    decided = flat(world.schedule())
    assert {event.due for event in decided} == {START + 15 * SECOND}
    world.happens(decided, After(15))
    again = flat(world.schedule())
    assert [type(event) for event in again] == [RESUBMITTED] * 5


def test_a_fleet_grows_until_it_holds_the_gang() -> None:
    hosts = [host("host-1"), host("host-2")]
    world = given(*FOUNDED, hosts, fleet(), instance("i-1", "host-1"), a_gang("n0", "n1", requests=SMALL))
    assert placements(world.world.schedule()) == ["n0", "n1"]
    four = Quantities(cpu=4000)
    world = given(*FOUNDED, hosts, fleet(), instance("i-1", "host-1"), a_gang("n0", "n1", requests=four))
    (request,) = flat(world.world.schedule())
    assert isinstance(request, InstanceRequested)
    world.world.happens(request, instance("i-2", "host-2", num=2))
    assert placements(world.world.schedule()) == ["n0", "n1"]


# Ending together


def test_a_gang_is_done_when_its_last_member_is_and_no_member_before() -> None:
    world = given(a_place(), a_gang(), all_run(), ended("n1"), ended("n2")).world
    assert world.schedule() == []
    world.happens(ended("n0"))
    decided = flat(world.schedule())
    assert set(ends(decided).values()) == {("done", "done_by_runner")}
    assert run_end(decided) == ("done", "all_jobs_done")


def test_one_that_fails_ends_the_others_and_the_run() -> None:
    world = given(a_place(), a_gang(), all_run(), ended("n1", status=3)).world
    stops = flat(world.schedule())
    assert [(stop.job_id, stop.reason) for stop in stops] == [
        ("n0", "terminated_by_server"),
        ("n2", "terminated_by_server"),
    ]
    world.happens(stops)
    stopped(world, "n0")
    assert world.schedule() == []
    stopped(world, "n2")
    decided = flat(world.schedule())
    assert ends(decided)["n1"] == ("failed", "container_exited_with_error")
    assert ends(decided)["n0"] == ("terminated", "terminated_by_server")
    assert run_end(decided) == ("failed", "job_failed")


def test_one_that_fails_has_all_tried_again_where_the_policy_says_so() -> None:
    world = given(a_place(), a_gang(retry=ALWAYS), all_run(), ended("n2"), ended("n1", status=3)).world
    world.happens(flat(world.schedule()))
    stopped(world, "n0")
    retries = flat(world.schedule())
    assert {event.due for event in retries} == {START + 15 * SECOND}
    assert {event.job_id: event.reason for event in retries} == {
        "n0": "terminated_by_server",
        "n1": "container_exited_with_error",
        "n2": "done_by_runner",
    }
    world.happens(retries, After(15))
    world.happens(flat(world.schedule()))
    assert placements(world.schedule()) == ["n0", "n1", "n2"]


def test_the_end_waits_for_the_last_output_of_all() -> None:
    exit_, closed = ended("n0")
    world = given(a_place(), a_gang("n0", "n1"), all_run("n0", "n1"), ended("n1"), exit_).world
    assert world.schedule() == []
    world.happens(closed)
    assert len(ends(flat(world.schedule()))) == 2


def test_a_failure_that_may_not_be_tried_again_goes_before_one_that_may() -> None:
    once = Retry(("interruption",), 600)
    lost = e.AttemptLost("n0", "n0-1", "interrupted_by_no_capacity", "gone")
    happened = [lost, e.OutputClosed("n0", "n0-1", 0, True), ended("n1", status=3)]
    world = given(a_place(), a_gang("n0", "n1", retry=once), all_run("n0", "n1"), happened).world
    assert run_end(flat(world.schedule())) == ("failed", "job_failed")


def test_one_that_runs_too_long_ends_all() -> None:
    world = given(a_place(), a_gang("n0", "n1", max_duration=60), all_run("n0", "n1"), After(60)).world
    stops = flat(world.schedule())
    assert [stop.reason for stop in stops] == ["max_duration_exceeded"] * 2
    world.happens(stops)
    stopped(world, "n0", "n1")
    decided = flat(world.schedule())
    assert set(ends(decided).values()) == {("terminated", "max_duration_exceeded")}
    assert run_end(decided) == ("failed", "job_failed")


# Places that were none


def test_a_refusal_ends_the_attempt_of_all_and_costs_no_retry() -> None:
    world = given(two_hosts(), a_gang("n0", "n1"), placed("n0", instance="i-1", host="host-1")).world
    world.happens(placed("n1", instance="i-1", host="host-1"), started("n0"), refused("n1"))
    (stop,) = flat(world.schedule())
    assert (stop.job_id, stop.reason) == ("n0", "terminated_by_server")
    world.happens(stop)
    stopped(world, "n0")
    decided = flat(world.schedule())
    assert [event.job_id for event in of_kind(decided, RESUBMITTED)] == ["n0", "n1"]
    world.happens(decided)
    again = flat(world.schedule())
    assert [(event.job_id, event.instance_id) for event in again] == [("n0", "i-2"), ("n1", "i-2")]
    assert {attempt.status for attempt in world.job("n0").attempts[:1]} == {"terminated"}


def test_a_refusing_instance_is_asked_again_by_the_whole_gang_when_its_time_is_over() -> None:
    world = given(
        a_place(), a_gang("n0", "n1"), placed("n0"), placed("n1"), refused("n0"), refused("n1")
    ).world
    world.happens(flat(world.schedule()))
    assert world.schedule() == []
    world.happens(After(30))
    assert placements(world.schedule()) == ["n0", "n1"]


LOST = [
    e.AttemptLost("n1", "n1-1", "interrupted_by_no_capacity", "gone"),
    e.OutputClosed("n1", "n1-1", 0, True),
]


def test_a_loss_before_all_had_begun_costs_no_retry_either() -> None:
    world = given(a_place(), a_gang("n0", "n1"), placed("n0"), placed("n1"), started("n0"), LOST).world
    world.happens(flat(world.schedule()))
    stopped(world, "n0")
    decided = flat(world.schedule())
    assert [event.job_id for event in of_kind(decided, RESUBMITTED)] == ["n0", "n1"]


def test_a_loss_of_what_had_begun_is_a_failure_as_of_any_job() -> None:
    world = given(a_place(), a_gang("n0", "n1"), all_run("n0", "n1"), LOST).world
    world.happens(flat(world.schedule()))
    stopped(world, "n0")
    decided = flat(world.schedule())
    assert ends(decided)["n1"] == ("failed", "interrupted_by_no_capacity")


def test_a_failed_start_ends_all_and_is_told_as_it_is() -> None:
    failed = e.AttemptExited("n1", "n1-1", "creating_container_error", START, message="no such image")
    world = given(a_place(), a_gang("n0", "n1"), placed("n0"), placed("n1"), failed).world
    world.happens(e.OutputClosed("n1", "n1-1", 0), flat(world.schedule()))
    stopped(world, "n0")
    decided = flat(world.schedule())
    assert ends(decided)["n1"] == ("failed", "creating_container_error")
    (end,) = of_kind(decided, RunFinished)
    assert end.message == "no such image"


# When the master is done, and stops


def test_the_others_are_stopped_once_the_master_is_done_where_that_is_enough() -> None:
    two = a_gang("n0", "n1", stop_criteria="master-done")
    world = given(a_place(), two, all_run("n0", "n1"), ended("n0")).world
    (stop,) = flat(world.schedule())
    assert (stop.job_id, stop.reason) == ("n1", "done_by_runner")
    world.happens(stop)
    stopped(world, "n1")
    decided = flat(world.schedule())
    assert set(ends(decided).values()) == {("done", "done_by_runner")}
    assert run_end(decided) == ("done", "all_jobs_done")


@pytest.mark.parametrize(("abort", "reason"), [(False, "terminated_by_user"), (True, "aborted_by_user")])
def test_a_users_stop_ends_all_of_it(abort: bool, reason: str) -> None:
    stop = RunStopRequested("run", "user", abort)
    world = given(a_place(), a_gang("n0", "n1"), all_run("n0", "n1"), stop).world
    orders = flat(world.schedule())
    assert [order.reason for order in orders] == [reason] * 2
    world.happens(orders)
    stopped(world, "n0", "n1")
    decided = flat(world.schedule())
    assert {end[1] for end in ends(decided).values()} == {reason}


def test_a_stop_of_a_gang_that_waits_ends_it_at_once() -> None:
    decided = flat(given(a_place(), a_gang("n0", "n1"), RunStopRequested("run", "user")).world.schedule())
    assert set(ends(decided).values()) == {("terminated", "terminated_by_user")}


# The order in which they begin


def held(world: World) -> list[str]:
    return [job.id for job in world.run().jobs if held_back(world.run(), job)]


def test_the_others_begin_after_the_master() -> None:
    world = given(
        a_place(), a_gang(startup_order="master-first"), *(placed(n) for n in ("n0", "n1", "n2"))
    ).world
    assert held(world) == ["n1", "n2"]
    world.happens(started("n0"))
    assert held(world) == []
    assert [job.id for job in released(world.run(), world.job("n0"))] == ["n1", "n2"]


def test_the_master_begins_after_all_the_others() -> None:
    world = given(
        a_place(), a_gang(startup_order="workers-first"), *(placed(n) for n in ("n0", "n1", "n2"))
    ).world
    world.happens(started("n1"))
    assert held(world) == ["n0"]
    assert released(world.run(), world.job("n1")) == ()
    world.happens(started("n2"))
    assert held(world) == []
    assert [job.id for job in released(world.run(), world.job("n2"))] == ["n0"]


def test_without_an_order_nobody_waits_for_another() -> None:
    world = given(a_place(), a_gang(), running("n0")).world
    assert held(world) == []
    assert released(world.run(), world.job("n0")) == ()


def test_a_pass_asks_a_gang_once_however_many_of_its_members_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"n{number}" for number in range(20))
    world = given(a_place(ROOM), a_gang(*names), all_run(*names)).world
    asked: list[str] = []
    settle = gang.settle

    def counted(run: Run, *rest: Any) -> list[e.JobEvent]:
        asked.append(run.id)
        return settle(run, *rest)

    monkeypatch.setattr(gang, "settle", counted)
    world.happens([ended(name) for name in names[1:]])
    assert world.schedule() == []
    assert asked == ["run"]


def test_the_spec_of_members_may_differ() -> None:
    large = JobSpec("large", ("true",), requests=Quantities(cpu=3000))
    small = JobSpec("small", ("true",), requests=Quantities(cpu=1000))
    run = RunSubmitted("run", PROJECT, "user", "name-run", "dstack", "{}", gang=Gang(2))
    jobs = [e.JobSubmitted("n0", "run", "n0-1", large), e.JobSubmitted("n1", "run", "n1-1", small, 1)]
    given(a_place(), run, jobs).when(schedule).then(
        placed("n0", reserved=large.requests), placed("n1", reserved=small.requests)
    )


def test_a_member_that_is_like_another_has_all_of_its_spec_but_the_name() -> None:
    how = RunSubmitted("run", PROJECT, "user", "name-run", "dstack", "{}", gang=Gang(2))
    first = e.JobSubmitted("n0", "run", "n0-1", spec(env={"A": "1"}))
    second = e.JobSubmitted("n1", "run", "n1-1", JobSpec("other", ()), 1, like="n0")
    world = given(a_place(), how, first, second).world
    assert world.job("n1").spec == replace(world.job("n0").spec, name="other")


def test_a_gang_goes_to_the_instances_that_it_chose_or_nowhere() -> None:
    def choosing(name: str, nodes: int) -> list[Event]:
        run, *members = a_gang(*(f"n{n}" for n in range(nodes)))
        assert isinstance(run, RunSubmitted)
        return [replace(run, selection=Selection((InstanceName(hostname=name),))), *members]

    decided = flat(given(two_hosts(), choosing("host-2", 2)).world.schedule())
    assert {event.host_id for event in decided} == {"host-2"}
    assert run_end(flat(given(two_hosts(), choosing("host-2", 3)).world.schedule())) == (
        "failed",
        "job_failed",
    )
