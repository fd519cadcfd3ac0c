"""Fleets and instances: being made, changed, deleted; what their hosts hold."""

import pytest

from runfold.contracts import fleet as e
from runfold.contracts.fleet import FleetSpec
from runfold.contracts.instance import InstanceEnded, InstanceEnding, InstanceRequested
from runfold.domain.errors import AlreadyExists, Invalid, StillActive
from runfold.domain.fleet import decide
from runfold.domain.instance import decide as instances
from runfold.domain.instance.state import InstanceStatus
from tests.unit.domain.given import World, given
from tests.unit.domain.things import (
    CAPACITY,
    FOUNDED,
    SMALL,
    a_place,
    ended,
    fleet,
    host,
    placed,
    provisioned,
    requested,
    submitted,
)

UPDATE = FleetSpec(nodes_min=1, nodes_max=2)


def create(world: World) -> list[e.FleetEvent]:
    return decide.create(world.cell.fleet_named("project", "name-fleet"), fleet())


def test_a_fleet_takes_a_free_name() -> None:
    world = given(*FOUNDED).when(create).then(fleet())
    assert world.cell.fleet_named("project", "name-fleet") is world.cell.fleets["fleet"]


def test_a_name_is_taken_once() -> None:
    given(*FOUNDED, fleet()).when(create).then_refused(AlreadyExists)


def test_the_projects_own_fleet_comes_before_the_cells_of_the_same_name() -> None:
    cells = e.FleetCreated("cells", "name-fleet", FleetSpec())
    world = given(*FOUNDED, cells).world
    assert world.cell.fleet_named("project", "name-fleet") is world.cell.fleets["cells"]
    world.happens(fleet())
    assert world.cell.fleet_named("project", "name-fleet") is world.cell.fleets["fleet"]
    assert [known.id for known in world.cell.fleets_of("project")] == ["cells", "fleet"]


def test_a_fleet_whose_maximum_is_below_its_minimum_is_refused() -> None:
    given(*FOUNDED).when(lambda _: decide.create(None, fleet(nodes_min=2, nodes_max=1))).then_refused(Invalid)


def test_an_update_changes_the_spec_once() -> None:
    def update(world: World) -> list[e.FleetEvent]:
        return decide.update(world.cell.fleets["fleet"], UPDATE, "{}")

    world = given(*FOUNDED, fleet()).when(update).then(e.FleetUpdated("fleet", UPDATE, "{}"))
    assert world.cell.fleets["fleet"].spec == UPDATE
    assert update(world) == []


def test_a_fleet_that_is_being_deleted_cannot_be_changed() -> None:
    given(*FOUNDED, fleet(), e.FleetDeletionRequested("fleet")).when(
        lambda w: decide.update(w.cell.fleets["fleet"], UPDATE, None)
    ).then_refused(StillActive)


def delete(world: World) -> list[e.FleetEvent]:
    return decide.request_deletion(world.cell.fleets["fleet"], "user")


def test_a_fleet_in_use_cannot_be_deleted() -> None:
    given(a_place(), submitted(), placed()).when(delete).then_refused(StillActive, "name-fleet")


def test_a_fleet_is_deleted_once_its_jobs_have_ended() -> None:
    request = e.FleetDeletionRequested("fleet", "user")
    world = given(a_place(), submitted(), placed(), ended()).when(delete).then(request)
    assert delete(world) == []
    assert world.cell.fleets_of("project") == []


def test_instances_are_numbered_and_numbers_are_never_used_again() -> None:
    world = given(*FOUNDED, host(), fleet(), requested()).world
    world.happens(InstanceEnded("instance", "no_offers"))
    assert instances.request(world.cell.fleets["fleet"], "next") == InstanceRequested(
        "next", "fleet", 1, "name-fleet-1", "local", "project"
    )


def test_an_instance_goes_from_pending_over_idle_and_busy_to_its_end() -> None:
    world = given(*FOUNDED, host(), fleet(), submitted(), requested()).world
    instance = world.cell.instances["instance"]
    seen = [instance.status]
    for happening in (
        [provisioned()],
        [placed()],
        ended(),
        instances.end(instance, "idle_timeout"),
        [InstanceEnded("instance", "idle_timeout")],
    ):
        world.happens(happening)
        seen.append(instance.status)
    assert seen == [
        InstanceStatus.PENDING,
        InstanceStatus.IDLE,
        InstanceStatus.BUSY,
        InstanceStatus.IDLE,
        InstanceStatus.TERMINATING,
        InstanceStatus.TERMINATED,
    ]
    assert world.cell.fleets["fleet"].instances == []


def test_an_end_that_has_begun_isnt_begun_again() -> None:
    world = given(a_place(), InstanceEnding("instance", "idle_timeout")).world
    assert instances.end(world.cell.instances["instance"], "terminated_by_user") == []


def test_an_instance_ended_keeps_the_reason_it_began_to_end_for() -> None:
    world = given(a_place(), InstanceEnding("instance", "idle_timeout", "idle for 60 s")).world
    assert instances.ended(world.cell.instances["instance"]) == InstanceEnded(
        "instance", "idle_timeout", "idle for 60 s"
    )


def test_a_placement_takes_capacity_and_its_end_gives_it_back_once() -> None:
    world = given(a_place(), submitted(), placed(), placed()).world
    held = world.cell.hosts["host"]
    assert (held.used_cpu, held.used_memory) == (SMALL.cpu, SMALL.memory)
    world.happens(ended(), ended())
    assert (held.used_cpu, held.used_memory, held.attempts) == (0, 0, {})


def test_a_host_that_joins_again_keeps_what_runs_there() -> None:
    world = given(a_place(), submitted(), placed(), host(labels={"queue": "fast"})).world
    assert world.cell.hosts["host"].used_cpu == SMALL.cpu
    assert world.cell.hosts["host"].labels == {"queue": "fast"}
    assert not world.cell.hosts["host"].fits(CAPACITY)


@pytest.mark.parametrize("name", ["Fleet", "-fleet", "f", ""])
def test_a_malformed_name_is_refused(name: str) -> None:
    command = e.FleetCreated("fleet", name, FleetSpec())
    given(*FOUNDED).when(lambda _: decide.create(None, command)).then_refused(Invalid)
