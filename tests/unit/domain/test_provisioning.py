"""Passes of the provisioner: minimum sizes, hosts that joined, idle ends, deletions."""

from typing import Any

from runfold.contracts.fleet import FleetDeleted, FleetDeletionRequested, FleetSpec, FleetUpdated
from runfold.contracts.instance import InstanceEnded, InstanceEnding, InstanceRequested
from runfold.contracts.values import Idle, Quantities
from runfold.domain.provisioning.plan import at_first, next_due, to_create, to_end
from tests.unit.domain.given import SECOND, START, After, World, flat, given, provision
from tests.unit.domain.things import (
    FOUNDED,
    a_place,
    ended,
    fleet,
    host,
    instance,
    placed,
    provisioned,
    requested,
    submitted,
)


def request(number: int, num: int = 0, project: str | None = "project") -> InstanceRequested:
    return InstanceRequested(f"new-{number}", "fleet", num, f"name-fleet-{num}", "local", project)


def ending(instance_id: str = "instance", seconds: int = 60) -> InstanceEnding:
    return InstanceEnding(instance_id, "idle_timeout", f"Instance idle for {seconds}s")


# Growing


def test_a_fleet_gets_its_minimum_one_host_each() -> None:
    world = (
        given(*FOUNDED, host("a"), host("b"), host("c"), fleet(nodes_min=2)).when(provision).then(request(1))
    )
    world.happens(flat(world.provision()))
    assert world.provision() == []
    assert [i.id for i in to_create(world.cell)] == ["new-1", "new-2"]


def test_a_fleet_without_minimum_waits_for_demand() -> None:
    given(*FOUNDED, host(), fleet()).when(provision).then_nothing()


def test_a_fleet_gets_its_minimum_when_hosts_join() -> None:
    world = given(*FOUNDED, fleet(nodes_min=1)).when(provision).then_nothing()
    world.happens(host())
    assert flat(world.provision()) == [request(1)]


def test_no_more_is_requested_than_there_are_hosts() -> None:
    world = given(*FOUNDED, host(), fleet(nodes_min=3)).when(provision).then(request(1))
    assert world.provision() == []
    world.happens(provisioned("new-1"))
    assert world.provision() == []


def test_a_fleet_gets_its_target_at_first_and_keeps_its_minimum_from_then_on() -> None:
    hosts = [host(name) for name in "abc"]
    world = given(*FOUNDED, hosts, fleet(nodes_min=1, nodes_target=2, idle_duration=60)).world
    world.happens(flat(world.provision()), provisioned("new-1", "a"))
    world.happens(flat(world.provision()), provisioned("new-2", "b"))
    assert world.provision() == []

    world.happens(After(60), host("d"))
    assert flat(world.provision()) == [ending("new-1")]
    world.happens(ending("new-1"), InstanceEnded("new-1", "idle_timeout"))
    assert world.provision() == []

    world.happens(InstanceEnded("new-2", "terminated_by_user"))
    assert flat(world.provision()) == [request(3, num=2)]


def test_a_fleet_s_first_instances_come_with_it_as_far_as_there_are_hosts() -> None:
    def with_fleet(world: World, **of: Any) -> list[InstanceRequested]:
        return at_first(world.cell, fleet(**of), world.new_id)

    world = given(*FOUNDED, host("a"), host("b")).world
    assert with_fleet(world) == []
    assert with_fleet(world, nodes_target=1) == [request(1)]
    assert with_fleet(world, nodes_min=3) == [request(2), request(3, num=1)]

    world.happens(fleet(nodes_min=3), request(2), request(3, num=1))
    assert world.provision() == []


def test_a_target_beyond_the_hosts_there_are_is_met_as_they_join() -> None:
    world = given(*FOUNDED, host("a"), fleet(nodes_target=2)).when(provision).then(request(1))
    world.happens(provisioned("new-1", "a"))
    assert world.provision() == []
    world.happens(host("b"))
    assert flat(world.provision()) == [request(2, num=1)]


def test_a_fleet_of_the_cell_covers_each_host_once() -> None:
    world = given(*FOUNDED, host("a"), host("b"), fleet(project=None)).world
    for number in (1, 2):
        assert flat(world.provision()) == [request(number, number - 1, project=None)]
        world.happens(request(number, number - 1, project=None))
    assert world.provision() == []
    world.happens(provisioned("new-1", "a"))
    assert world.provision() == []
    world.happens(provisioned("new-2", "b"))
    assert world.provision() == []


def test_a_fleet_of_the_cell_leaves_out_hosts_of_another_fleet() -> None:
    given(*FOUNDED, host(fleet="gpus"), fleet(project=None)).when(provision).then_nothing()


def test_hosts_that_are_too_small_are_left_out() -> None:
    needs = Quantities(cpu=8000)
    given(*FOUNDED, host(), fleet(nodes_min=1, requires=needs)).when(provision).then_nothing()


def test_a_fleet_has_at_most_as_many_as_it_may() -> None:
    hosts = [host(name) for name in "abc"]
    world = given(*FOUNDED, hosts, fleet(project=None, nodes_max=2)).world
    world.happens(flat(world.provision()))
    world.happens(flat(world.provision()))
    assert world.provision() == []
    assert len(world.cell.fleets["fleet"].instances) == 2


def test_a_request_expects_that_nobody_touched_the_fleet() -> None:
    (decision,) = given(*FOUNDED, host(), fleet(nodes_min=1)).world.provision()
    assert decision.expect == ("fleet:fleet",)


# Idle ends


def test_an_idle_instance_above_the_minimum_begins_to_end() -> None:
    world = given(a_place()).world
    world.cell.fleets["fleet"].spec = fleet(idle_duration=60).spec
    assert next_due(world.cell) == START + 60 * SECOND
    world.happens(After(59))
    assert world.provision() == []
    world.happens(After(1), host("other"))
    assert flat(world.provision()) == [ending()]


IDLE = [*FOUNDED, host(), fleet(idle_duration=60), *instance()]


def test_a_busy_instance_does_not_end_and_idles_from_its_last_job_on() -> None:
    world = given(IDLE, submitted(), placed(), After(60)).when(provision).then_nothing()
    world.happens(ended(), After(59)).happens()
    assert world.provision() == []
    world.happens(After(1), host())
    assert flat(world.provision()) == [ending()]


def test_only_those_above_the_minimum_end() -> None:
    hosts = [host(name) for name in "abc"]
    over = [instance(f"on-{name}", name, num=num) for num, name in enumerate("abc")]
    world = given(*FOUNDED, hosts, fleet(nodes_min=1, idle_duration=60), over, After(60)).world
    world.happens(flat(world.provision()))
    assert [i.id for i in world.cell.fleets["fleet"].instances if i.usable] == ["on-c"]
    assert world.provision() == []
    assert next_due(world.cell) is None


def test_without_idle_duration_an_instance_may_idle_for_ever() -> None:
    world = given(a_place(), After(10**9)).when(provision).then_nothing()
    assert next_due(world.cell) is None


def test_what_was_made_for_a_run_idles_as_long_as_it_was_made_to() -> None:
    made = InstanceRequested("instance", "fleet", 0, "name-fleet-0", "local", "project", "job", Idle(5))
    world = given(*FOUNDED, host(), fleet(idle_duration=60), submitted(), made, provisioned()).world
    assert next_due(world.cell) == START + 5 * SECOND
    world.happens(After(5))
    assert flat(world.provision()) == [ending(seconds=5)]


def test_an_instance_over_a_host_of_the_cell_never_idles_out() -> None:
    cells = [*FOUNDED, host(), fleet(project=None, idle_duration=60), *instance()]
    given(cells, After(60)).when(provision).then_nothing()


# An update that leaves less


THREE = [
    *FOUNDED,
    [host(name) for name in "abc"],
    fleet(),
    [instance(f"on-{name}", name, num=num) for num, name in enumerate("abc")],
]


def test_what_is_too_many_after_an_update_ends_once_it_is_idle() -> None:
    too_many = ("max_instances_limit", "Fleet has too many instances")
    busy = placed(instance="on-a", host="a")
    world = (
        given(THREE, submitted(), busy, FleetUpdated("fleet", FleetSpec(nodes_max=1)))
        .when(provision)
        .then(InstanceEnding("on-b", *too_many), InstanceEnding("on-c", *too_many))
    )
    assert world.provision() == []
    world.happens(InstanceEnded("on-b", too_many[0]), FleetUpdated("fleet", FleetSpec(nodes_max=0)))
    assert world.provision() == []
    world.happens(ended())
    assert flat(world.provision()) == [InstanceEnding("on-a", *too_many)]


def test_what_an_update_asks_more_of_ends_once_it_is_idle_and_is_replaced_by_what_suits() -> None:
    more = FleetSpec(nodes_min=1, requires=Quantities(cpu=8000))
    world = given(IDLE, submitted(), placed(), FleetUpdated("fleet", more)).when(provision).then_nothing()
    world.happens(ended())
    mismatch = InstanceEnding("instance", "fleet_spec_mismatch", "Instance does not match fleet spec")
    assert flat(world.provision()) == [mismatch]
    world.happens(mismatch, InstanceEnded("instance", "fleet_spec_mismatch"))
    assert world.provision() == []
    world.happens(host("large", Quantities(cpu=8000)))
    assert flat(world.provision()) == [request(1, num=1)]


# Ending


def test_an_ending_instance_ends_once_its_backend_has_let_it_go() -> None:
    world = given(IDLE, ending()).when(provision).then_nothing()
    assert [i.id for i in to_end(world.cell)] == ["instance"]


def test_an_ending_instance_runs_what_it_has_to_its_end() -> None:
    world = given(a_place(), submitted(), placed(), InstanceEnding("instance", "terminated_by_user")).world
    assert to_end(world.cell) == []
    world.happens(ended())
    assert [i.id for i in to_end(world.cell)] == ["instance"]
    world.happens(InstanceEnded("instance", "terminated_by_user"))
    assert to_end(world.cell) == []


def test_a_request_without_outcome_is_to_be_created_until_it_has_one() -> None:
    world = given(*FOUNDED, host(), fleet(), requested()).world
    assert [i.id for i in to_create(world.cell)] == ["instance"]
    world.happens(InstanceEnded("instance", "no_offers"))
    assert to_create(world.cell) == []


# Deletion


def test_a_fleet_that_is_deleted_ends_its_instances_first() -> None:
    world = (
        given(a_place(), FleetDeletionRequested("fleet"))
        .when(provision)
        .then(InstanceEnding("instance", "terminated_by_user", "fleet deleted"))
    )
    assert world.provision() == []
    world.happens(InstanceEnded("instance", "terminated_by_user"))
    assert flat(world.provision()) == [FleetDeleted("fleet")]
    world.happens(FleetDeleted("fleet"))
    assert world.provision() == []


def test_an_empty_fleet_is_deleted_at_once_and_its_name_is_free() -> None:
    world = (
        given(*FOUNDED, fleet(nodes_min=3), FleetDeletionRequested("fleet"))
        .when(provision)
        .then(FleetDeleted("fleet"))
    )
    assert world.cell.fleet_named("project", "name-fleet") is None


def test_a_fleet_that_is_being_deleted_gets_no_more_instances() -> None:
    given(*FOUNDED, host(), fleet(nodes_min=1), requested(), FleetDeletionRequested("fleet")).when(
        provision
    ).then(InstanceEnding("instance", "terminated_by_user", "fleet deleted"))
