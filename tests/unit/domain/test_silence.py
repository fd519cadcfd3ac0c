"""What follows from not hearing of a host, and from hearing of it again."""

from collections.abc import Callable

import pytest

from runfold.contracts.instance import InstanceEnded, InstanceRequested, InstanceReturned, InstanceSilent
from runfold.contracts.job import AttemptLost, JobPlaced, JobRetryScheduled, OutputClosed
from runfold.contracts.registry import Event
from runfold.contracts.values import Retry
from runfold.domain.instance import silence
from runfold.domain.instance.silence import GRACE, HOLD, MARGIN
from runfold.domain.job.assignment import stop_order
from runfold.domain.scheduling.place import NOT_HEARD, Place, Taken, Wait, place
from runfold.domain.scheduling.plan import plan
from tests.unit.domain.given import After, Then, World, given, schedule
from tests.unit.domain.things import (
    ALWAYS,
    FOUNDED,
    SMALL,
    a_place,
    ended,
    fleet,
    host,
    instance,
    placed,
    running,
    submitted,
)

STOP_AFTER = 120
LOST = STOP_AFTER + GRACE + MARGIN
SILENT = InstanceSilent("instance", 120)
LOSS = AttemptLost(
    "job", "attempt", "interrupted_by_no_capacity", f"its instance was unreachable for {LOST} s"
)


def placed_to_stop(attempt: str = "attempt") -> JobPlaced:
    return JobPlaced("job", "run", attempt, "instance", "host", SMALL, stop_after=STOP_AFTER)


def falls_silent(host_id: str = "host", seconds: int = 120) -> Callable[[World], list[InstanceSilent]]:
    return lambda world: silence.silent(world.cell, host_id, seconds)


def is_silent_for(seconds: int, host_id: str = "host") -> Callable[[World], list[AttemptLost]]:
    return lambda world: silence.lost(world.cell, host_id, seconds)


def comes_back(world: World) -> list[InstanceReturned]:
    return silence.returned(world.cell, "host")


def test_every_instance_over_a_silent_host_is_silent_once() -> None:
    world = (
        given(a_place(), fleet("other"), *instance("another", "host", "other"))
        .when(falls_silent())
        .then(SILENT, InstanceSilent("another", 120))
    )
    Then(world, falls_silent()).then_nothing()


def test_one_that_has_ended_is_not() -> None:
    given(a_place(), InstanceEnded("instance", "idle_timeout")).when(falls_silent()).then_nothing()


def test_it_returns_once_however_often_it_is_heard() -> None:
    world = given(a_place(), SILENT).when(comes_back).then(InstanceReturned("instance"))
    Then(world, comes_back).then_nothing()


def test_a_host_that_nobody_knows_returns_from_nowhere() -> None:
    assert silence.returned(given(FOUNDED).world.cell, "stranger") == []


def test_nothing_is_placed_where_nothing_is_heard() -> None:
    world = given(a_place(), SILENT, submitted()).world
    answer = place(world.cell, world.run(), world.job(), world.now, Taken())
    assert answer == Wait(NOT_HEARD)


def test_what_waits_is_placed_where_somebody_is_heard_again() -> None:
    world = given(a_place(), SILENT, submitted()).when(schedule).then_nothing()
    Then(world.happens(InstanceReturned("instance")), schedule).then(placed())


def test_what_waits_goes_elsewhere() -> None:
    world = given(
        a_place(), host("second"), *instance("elsewhere", "second", num=1), SILENT, submitted()
    ).world
    answer = place(world.cell, world.run(), world.job(), world.now, Taken())
    assert isinstance(answer, Place)
    assert answer.instance.id == "elsewhere"


def test_no_fleet_grows_over_a_silent_host() -> None:
    world = given(a_place(), SILENT, fleet("other"), submitted(fleets=("other",))).world
    Then(world, schedule).then_nothing()
    assert world.agenda.why["job"] == NOT_HEARD
    (growth,) = schedule(world.happens(InstanceReturned("instance")))
    assert isinstance(growth.events[0], InstanceRequested)


def test_what_runs_there_runs_on() -> None:
    given(a_place(), submitted(), running(), SILENT).when(is_silent_for(100_000)).then_nothing()


def test_what_stops_there_by_itself_is_lost_once_it_surely_has() -> None:
    world = given(a_place(), submitted(), placed_to_stop(), SILENT).world
    assert silence.lost(world.cell, "host", LOST - 1) == []
    Then(world, is_silent_for(LOST)).then(LOSS)
    Then(world, is_silent_for(LOST + 1)).then_nothing()


def test_nothing_is_lost_before_its_instance_counts_as_silent() -> None:
    given(a_place(), submitted(), placed_to_stop()).when(is_silent_for(LOST)).then_nothing()


def test_nothing_is_lost_that_has_ended() -> None:
    given(a_place(), submitted(), placed_to_stop(), SILENT, ended()).when(is_silent_for(LOST)).then_nothing()


def test_what_is_lost_is_tried_again_where_its_policy_covers_interruptions() -> None:
    world = given(a_place(), submitted(retry=ALWAYS), placed_to_stop(), SILENT, LOSS).world
    world.happens(OutputClosed("job", "attempt", 0, incomplete=True))
    due = world.now + 15_000_000
    world = Then(world, schedule).then(
        JobRetryScheduled("job", "run", "attempt", LOSS.reason, due, LOSS.message)
    )
    assert world.job().status == "failed"


def test_what_is_lost_never_begins_however_late_its_host_asks() -> None:
    world = given(a_place(), submitted(), placed_to_stop(), SILENT, LOSS).world
    order = stop_order(world.job(), world.attempt())
    assert order is not None
    assert (order.attempt_id, order.grace) == ("attempt", 0)


@pytest.mark.parametrize(
    ("events", "due"),
    [
        ((), 120),
        ((submitted(), placed_to_stop()), 120),
        ((SILENT,), None),
        ((submitted(), running(), SILENT), None),
        ((submitted(), placed_to_stop(), SILENT), LOST),
    ],
)
def test_it_is_known_when_there_is_something_to_say(events: tuple[Event, ...], due: int | None) -> None:
    assert silence.next_due(given(a_place(), *events).world.cell, "host", 120) == due


def many(count: int, silent: int, seconds_apart: float = 0) -> World:
    """A fleet of so many instances; one has the job, and as many as `silent` fall silent one after the other."""
    hosts = [host(f"host-{n}") for n in range(1, count)]
    instances = [instance(f"instance-{n}", f"host-{n}", num=n) for n in range(1, count)]
    world = given(a_place(), *hosts, *instances, submitted(), placed_to_stop(), SILENT).world
    for number in range(1, silent):
        world.happens(After(seconds_apart), InstanceSilent(f"instance-{number}", 120))
    return world


@pytest.mark.parametrize(
    ("world", "held"),
    [
        (many(5, silent=5), True),
        (many(14, silent=5), True),
        (many(15, silent=5), False),
        (many(4, silent=4), False),
        (many(5, silent=5, seconds_apart=20), False),
    ],
    ids=["all of five", "more than a third", "a third", "four", "one after the other"],
)
def test_losses_of_many_instances_at_once_wait(world: World, held: bool) -> None:
    due = LOST + HOLD if held else LOST
    assert silence.next_due(world.cell, "host", 120) == due
    assert silence.lost(world.cell, "host", due - 1) == []
    assert len(silence.lost(world.cell, "host", due)) == 1


@pytest.mark.parametrize(
    ("retry", "stop_after"),
    [
        (None, None),
        (Retry(("error", "no-capacity"), 60), None),
        (ALWAYS, 90),
        (Retry(("interruption",), 60), 90),
    ],
)
def test_only_what_is_tried_again_after_an_interruption_stops_where_its_host_is_cut_off(
    retry: Retry | None, stop_after: int | None
) -> None:
    world = given(a_place(), submitted(retry=retry)).world
    (decision,) = plan(world.cell, world.agenda, world.now, world.new_id, 90)
    (event,) = decision.events
    assert isinstance(event, JobPlaced)
    assert event.stop_after == stop_after


def test_without_a_time_for_it_nothing_does() -> None:
    world = given(a_place(), submitted(retry=ALWAYS)).when(schedule).then(placed())
    assert world.attempt().stop_after is None
