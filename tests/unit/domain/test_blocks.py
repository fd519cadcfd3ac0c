"""Instances that are cut into blocks: how many there are, and that a job takes whole ones."""

import pytest

from runfold.contracts.fleet import FleetSpec
from runfold.contracts.values import Quantities
from runfold.domain.instance.blocks import cut, taken
from runfold.domain.scheduling.place import Placement, Taken, Wait, place
from tests.unit.domain.given import World, flat, given
from tests.unit.domain.things import (
    CAPACITY,
    FOUNDED,
    GIB,
    fleet,
    host,
    provisioned,
    requested,
    submitted,
)

GPUS = Quantities(cpu=32_000, memory=64 * GIB, gpu=8000)
HALF = Quantities(CAPACITY.cpu // 2, CAPACITY.memory // 2, 0, CAPACITY.disk // 2)


@pytest.mark.parametrize(
    ("wanted", "capacity", "blocks"),
    [
        (1, Quantities(cpu=3500), 1),
        (4, CAPACITY, 4),
        (3, CAPACITY, None),
        (None, CAPACITY, 4),
        (None, GPUS, 8),
        (16, GPUS, None),
        (None, Quantities(cpu=12_000, gpu=8000), None),
        (None, Quantities(cpu=500), None),
        (2, Quantities(cpu=4500), 2),
    ],
)
def test_a_machine_is_cut_where_its_whole_cpus_and_gpus_divide(
    wanted: int | None, capacity: Quantities, blocks: int | None
) -> None:
    assert cut(FleetSpec(blocks=wanted), capacity) == blocks


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Quantities(), 1),
        (Quantities(cpu=1000), 1),
        (Quantities(cpu=1001), 2),
        (Quantities(cpu=100, memory=5 * GIB), 3),
        (Quantities(disk=100 * GIB), 4),
    ],
)
def test_what_a_job_wants_most_of_says_how_many_blocks_it_takes(wanted: Quantities, count: int) -> None:
    assert taken(wanted, 4, CAPACITY) == count


CUT = [*FOUNDED, host(), fleet(blocks=2), requested(), provisioned(blocks=2)]


def test_a_job_takes_whole_blocks() -> None:
    world = given(CUT, submitted(requests=Quantities(cpu=100))).world
    (placed,) = flat(world.schedule())
    assert placed.reserved == HALF


def test_as_many_jobs_as_there_are_blocks_are_placed_at_once_and_the_next_waits() -> None:
    jobs = [submitted(f"run-{n}", f"job-{n}", requests=Quantities(cpu=100)) for n in range(3)]
    world = given(CUT, jobs).world
    decided = flat(world.schedule())
    assert [event.job_id for event in decided] == ["job-0", "job-1"]

    world.happens(decided)
    assert where(world, "2") == Wait("every suitable instance is full")


def test_an_instance_that_is_not_cut_takes_what_a_cut_one_over_the_same_host_leaves() -> None:
    other = [fleet("other"), requested("plain", "other"), provisioned("plain", fleet="other")]
    jobs = [
        submitted("run-0", "job-0", fleets=("fleet",), requests=Quantities(cpu=100)),
        submitted("run-1", "job-1", fleets=("other",), requests=HALF),
        submitted("run-2", "job-2", fleets=("other",), requests=Quantities(cpu=1)),
    ]
    world = given(CUT, other, jobs).world
    decided = flat(world.schedule())
    assert [(event.job_id, event.reserved) for event in decided] == [("job-0", HALF), ("job-1", HALF)]
    world.happens(decided)
    assert isinstance(where(world, "2"), Wait)


def test_a_fleet_grows_only_over_a_host_where_the_blocks_are_free() -> None:
    busy = submitted("run-0", "job-0", fleets=("other",), requests=Quantities(cpu=3000))
    other = [fleet("other"), requested("plain", "other"), provisioned("plain", fleet="other")]
    world = given(*FOUNDED, host(), other, busy).world
    world.happens(flat(world.schedule()))

    world.happens(fleet("fleet", blocks=2), submitted("run-1", "job-1", fleets=("fleet",)))
    assert where(world, "1") == Wait("every suitable host is full")


def where(world: World, number: str) -> Placement:
    return place(world.cell, world.run(f"run-{number}"), world.job(f"job-{number}"), world.now, Taken())
