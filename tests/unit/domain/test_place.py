"""Where one job goes: on an instance, onto one that is asked for, nowhere yet, or nowhere ever."""

from typing import Any

import pytest

from runfold.contracts.fleet import FleetDeletionRequested
from runfold.contracts.instance import InstanceEnding
from runfold.contracts.values import Quantities
from runfold.domain.scheduling.place import NO_CAPACITY, Fail, Grow, Place, Placement, Taken, Wait, place
from tests.unit.domain.given import World, given
from tests.unit.domain.things import (
    CAPACITY,
    FOUNDED,
    GIB,
    a_place,
    fleet,
    host,
    instance,
    placed,
    requested,
    submitted,
)

ROOMY = Quantities(cpu=16000, memory=64 * GIB, disk=100 * GIB)
HALF = Quantities(cpu=2000, memory=4 * GIB)


def where(world: World, taken: Taken | None = None, job: str = "job", run: str = "run") -> Placement:
    return place(world.cell, world.run(run), world.job(job), world.now, taken or Taken())


def instance_of(placement: Placement) -> str:
    assert isinstance(placement, Place)
    return placement.instance.id


def test_a_job_goes_where_it_fits() -> None:
    assert instance_of(where(given(a_place(), submitted()).world)) == "instance"


TWO_HOSTS = [
    *FOUNDED,
    host("small"),
    host("large", ROOMY),
    fleet(),
    *instance("on-small", "small"),
    *instance("on-large", "large", num=1),
]


def test_a_job_goes_to_the_fullest_host_that_has_room_for_it() -> None:
    assert instance_of(where(given(*TWO_HOSTS, submitted()).world)) == "on-small"


def test_a_job_that_fits_only_a_large_host_goes_there() -> None:
    assert instance_of(where(given(*TWO_HOSTS, submitted(requests=Quantities(cpu=8000))).world)) == "on-large"


def test_what_the_same_pass_has_placed_counts() -> None:
    world = given(a_place(), submitted(requests=HALF)).world
    taken = Taken()
    taken.take(world.cell.hosts["host"], HALF)
    assert instance_of(where(world, taken)) == "instance"
    taken.take(world.cell.hosts["host"], Quantities(cpu=1))
    assert where(world, taken) == Wait("every suitable instance is full")


def test_a_host_that_two_fleets_share_has_its_capacity_once() -> None:
    both = [*a_place(), fleet("other"), *instance("shared", fleet="other")]
    held = placed("a", "run-a", reserved=CAPACITY)
    world = given(both, submitted("run-a", "a", requests=CAPACITY), held, submitted(fleets=("other",))).world
    assert where(world) == Wait("every suitable instance is full")


def test_a_job_waits_while_every_suitable_instance_is_full() -> None:
    world = given(
        a_place(), submitted("run-a", "a"), placed("a", "run-a", reserved=CAPACITY), submitted()
    ).world
    assert where(world) == Wait("every suitable instance is full")


def test_an_instance_that_refused_is_left_out_until_its_time_is_over() -> None:
    world = given(a_place(), submitted()).world
    world.job().excluded["instance"] = world.now + 1
    assert where(world) == Wait("every suitable instance is full")
    world.now += 1
    assert instance_of(where(world)) == "instance"


def test_a_job_without_a_fleet_to_go_to_fails() -> None:
    world = given(*FOUNDED, host(), submitted()).world
    assert where(world) == Fail(
        NO_CAPACITY, "No matching fleet found. Create a fleet before submitting runs."
    )


def test_a_run_goes_only_to_the_fleets_it_names() -> None:
    world = given(a_place(), fleet("other", project="elsewhere"), submitted(fleets=("other",))).world
    assert isinstance(where(world), Fail)


def test_a_fleet_of_the_cell_is_for_every_project() -> None:
    world = given(*FOUNDED, host(), fleet(project=None), *instance(), submitted()).world
    assert instance_of(where(world)) == "instance"


def test_a_fleet_of_another_project_is_not() -> None:
    world = given(*FOUNDED, host(), fleet(project="elsewhere"), *instance(), submitted()).world
    assert isinstance(where(world), Fail)


def test_a_fleet_grows_over_a_host_that_could_run_the_job() -> None:
    world = given(*FOUNDED, host(), fleet(), submitted()).world
    answer = where(world)
    assert isinstance(answer, Grow)
    assert answer.fleet.id == "fleet"


def test_a_fleet_that_has_all_it_may_does_not_grow() -> None:
    world = given(a_place(Quantities(cpu=500, memory=GIB)), host("other"), submitted()).world
    assert isinstance(where(world), Grow)
    limited = given(*FOUNDED, host("tiny", Quantities(cpu=1)), host("other"), fleet(nodes_max=1)).world
    limited.happens(instance(host="tiny"), submitted())
    assert isinstance(where(limited), Fail)


def test_a_job_waits_for_what_is_being_provisioned() -> None:
    world = given(*FOUNDED, host(), fleet(), requested(), submitted()).world
    assert where(world) == Wait("an instance is being provisioned")


def test_a_job_waits_for_the_first_executor() -> None:
    assert where(given(*FOUNDED, fleet(), submitted()).world) == Wait("no executor has joined yet")


def test_a_job_waits_for_the_host_of_an_instance_that_is_ending() -> None:
    world = given(a_place(), InstanceEnding("instance", "idle_timeout"), submitted()).world
    assert isinstance(where(world), Wait)


def test_nothing_is_placed_in_a_fleet_that_is_being_deleted() -> None:
    world = given(a_place(), FleetDeletionRequested("fleet"), submitted()).world
    assert isinstance(where(world), Fail)


@pytest.mark.parametrize(
    ("wanted", "lack"),
    [
        (Quantities(cpu=4001), "4.001 CPU"),
        (Quantities(memory=9 * GIB), "9216 MiB of memory"),
        (Quantities(gpu=1000), "1 GPU"),
        (Quantities(disk=101 * GIB), "of disk"),
    ],
)
def test_a_job_that_is_too_large_for_every_host_fails_and_says_what_it_lacks(
    wanted: Quantities, lack: str
) -> None:
    answer = where(given(a_place(), submitted(requests=wanted)).world)
    assert isinstance(answer, Fail)
    assert answer.reason == NO_CAPACITY
    assert lack in answer.message


@pytest.mark.parametrize("of", [{"image": "busybox"}, {"privileged": True}])
def test_an_image_needs_docker(of: dict[str, Any]) -> None:
    answer = where(given(a_place(), submitted(**of)).world)
    assert isinstance(answer, Fail)
    assert "docker" in answer.message
    world = given(a_place(runtimes=("docker", "process")), submitted(**of)).world
    assert instance_of(where(world)) == "instance"
