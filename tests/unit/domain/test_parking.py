"""What can't be decided on is left out and told; everything else goes on."""

from dataclasses import replace

import pytest

from runfold.contracts.parking import EventParked, ParkedDropped, ParkedHandled, ParkedRetryRequested
from runfold.contracts.run import RunStopRequested
from runfold.domain.decision import Decision
from runfold.domain.errors import NotFound
from runfold.domain.job import decide as jobs
from runfold.domain.parking import decide as parking
from runfold.domain.provisioning import plan as provisioning
from runfold.domain.scheduling import plan as scheduling
from runfold.domain.scheduling.place import place
from runfold.domain.scheduling.plan import REACTOR
from tests.unit.domain.given import World, flat, given, placements
from tests.unit.domain.things import FOUNDED, a_place, ended, fleet, host, running, submitted

RUN = "run:run-2"
ID = parking.parked_id(REACTOR, RUN)
PARKED = EventParked(ID, REACTOR, RUN, 7, "KeyError: 'x'")


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Ids of jobs and fleets that no decision can be made on."""
    ids: set[str] = set()
    settle, of_fleet = jobs.settle, provisioning._of_fleet

    def placing(cell, run, job, *rest):  # type: ignore[no-untyped-def]
        if job.id in ids:
            raise KeyError("x")
        return place(cell, run, job, *rest)

    def settling(job, *rest):  # type: ignore[no-untyped-def]
        if job.id in ids:
            raise KeyError("x")
        return settle(job, *rest)

    def planning(cell, fleet, *rest):  # type: ignore[no-untyped-def]
        if fleet.id in ids:
            raise KeyError("x")
        return of_fleet(cell, fleet, *rest)

    monkeypatch.setattr(scheduling, "place", placing)
    monkeypatch.setattr(jobs, "settle", settling)
    monkeypatch.setattr(provisioning, "_of_fleet", planning)
    return ids


def pass_of(world: World) -> tuple[list[Decision], list[str]]:
    """Decisions, and the streams that were told to be left out."""
    told: list[str] = []
    decisions = scheduling.plan(
        world.cell, world.agenda, world.now, world.new_id, park=lambda stream, _: told.append(stream)
    )
    return decisions, told


def three_runs() -> World:
    return given(a_place(), *(submitted(f"run-{n}", f"job-{n}") for n in (1, 2, 3))).world


# Planning


def test_a_run_that_cannot_be_placed_keeps_no_other_waiting(poison: set[str]) -> None:
    world = three_runs()
    poison.add("job-2")
    decisions, told = pass_of(world)
    assert (placements(decisions), told) == (["job-1", "job-3"], [RUN])


def test_it_is_not_looked_at_again_by_itself(poison: set[str]) -> None:
    world = three_runs()
    poison.add("job-2")
    decisions, _ = pass_of(world)
    world.happens(*flat(decisions), host("host-2"))
    assert pass_of(world) == ([], [])


def test_it_is_once_somebody_asks_for_it(poison: set[str]) -> None:
    world = three_runs()
    poison.add("job-2")
    world.happens(flat(pass_of(world)[0]), PARKED)
    poison.clear()
    world.agenda.look_again(world.cell, world.run("run-2"))
    decisions, told = pass_of(world)
    assert (placements(decisions), told) == (["job-2"], [])
    assert flat(decisions)[-1] == ParkedHandled(ID)


def test_it_can_be_stopped_all_the_same_and_is_then_parked_no_more(poison: set[str]) -> None:
    world = three_runs()
    poison.add("job-2")
    world.happens(flat(pass_of(world)[0]), PARKED, RunStopRequested("run-2", "user"))
    world.happens(flat(pass_of(world)[0]))
    assert world.run("run-2").final is not None
    world.happens(flat(pass_of(world)[0]))
    assert world.cell.parked == {}


def test_a_job_whose_end_cannot_be_decided_on_is_looked_at_when_it_changes(poison: set[str]) -> None:
    world = given(a_place(), submitted(), running()).world
    poison.add("job")
    exited, closed = ended()
    world.happens(exited)
    assert pass_of(world) == ([], ["run:run"])
    poison.clear()
    world.happens(closed)
    decisions, told = pass_of(world)
    assert ([type(event).__name__ for event in flat(decisions)], told) == (["JobFinished", "RunFinished"], [])


def test_a_replay_meets_the_fault_again(poison: set[str]) -> None:
    poison.add("job-2")
    assert pass_of(three_runs())[1] == pass_of(three_runs())[1] == [RUN]


def test_without_anybody_to_tell_a_fault_is_raised(poison: set[str]) -> None:
    poison.add("job-2")
    with pytest.raises(KeyError):
        three_runs().schedule()


def test_a_fleet_that_cannot_be_planned_keeps_no_other_from_growing(poison: set[str]) -> None:
    world = given(*FOUNDED, host(), fleet("a", nodes_min=1), fleet("b", nodes_min=1)).world
    poison.add("a")
    told: list[str] = []
    decisions = provisioning.plan(
        world.cell, world.dirty, world.now, world.new_id, lambda stream, _: told.append(stream)
    )
    assert ([event.fleet_id for event in flat(decisions)], told) == (["b"], ["fleet:a"])
    assert "a" not in world.dirty


def test_a_fleet_that_can_be_planned_again_is_parked_no_more() -> None:
    id_ = parking.parked_id("provisioner", "fleet:fleet")
    world = given(*FOUNDED, fleet(), EventParked(id_, "provisioner", "fleet:fleet", 7, "KeyError")).world
    assert flat(world.provision()) == [ParkedHandled(id_)]


# What is parked


def test_it_is_known_until_it_is_handled_or_dropped() -> None:
    world = given(*FOUNDED, PARKED).world
    assert [parked.last for parked in world.cell.parked.values()] == [PARKED]
    for end in (ParkedHandled(ID), ParkedDropped(ID)):
        world.happens(PARKED, end)
        assert world.cell.parked == {}
        world.happens(end)


def test_the_same_fault_again_is_said_once_and_another_is_news() -> None:
    cell = given(*FOUNDED, PARKED).world.cell
    assert parking.park(cell.parked, replace(PARKED, position=9)) == []
    assert parking.park(cell.parked, replace(PARKED, error="ValueError")) == [
        replace(PARKED, error="ValueError", tries=2)
    ]


def test_after_a_retry_the_same_fault_counts_one_more_try() -> None:
    world = given(*FOUNDED, PARKED, ParkedRetryRequested(ID)).world
    again = parking.park(world.cell.parked, PARKED)
    assert again == [replace(PARKED, tries=2)]
    world.happens(again)
    assert not world.cell.parked[ID].retrying


def test_who_is_being_tried_is_not_asked_for_twice() -> None:
    world = given(*FOUNDED, PARKED).world
    assert parking.retry(world.cell.parked, [ID]) == [ParkedRetryRequested(ID)]
    world.happens(ParkedRetryRequested(ID))
    assert parking.retry(world.cell.parked, [ID]) == []


def test_what_is_not_parked_can_be_neither_tried_nor_dropped() -> None:
    with pytest.raises(NotFound, match=ID):
        parking.retry({}, [ID])
    with pytest.raises(NotFound, match=ID):
        parking.drop({}, ID)


def test_one_reactor_parks_so_many_and_no_more_and_another_is_free_to() -> None:
    world = given(*FOUNDED).world
    for number in range(parking.MOST):
        world.happens(replace(PARKED, parked_id=f"{number}"))
    assert parking.park(world.cell.parked, PARKED) == []
    other = replace(PARKED, reactor="log.feed")
    assert parking.park(world.cell.parked, other) == [other]


def test_what_fails_at_once_shares_the_room_that_there_is_and_what_has_its_place_takes_none() -> None:
    world = given(*FOUNDED).world
    for number in range(1, parking.MOST - 1):
        world.happens(replace(PARKED, parked_id=f"{number}"))
    failed = [replace(PARKED, parked_id=f"new-{number}") for number in range(3)]
    again = replace(PARKED, parked_id="1", error="ValueError")
    assert parking.park(world.cell.parked, *failed, again) == [replace(again, tries=2), *failed[:2]]


def test_each_event_is_parked_apart_and_a_subject_once() -> None:
    assert len({parking.parked_id("feed", RUN, position) for position in (None, 1, 2)}) == 3
