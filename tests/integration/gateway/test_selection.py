"""What a task says of where it may run: it excludes the same from its plan and from its placement."""

from typing import Any

import pytest

from runfold.contracts import instance
from runfold.contracts.values import InstanceName, Selection
from runfold.domain.scheduling.place import Fail, Grow, Place, Taken, place
from tests.integration.gateway.world import World


async def offered(world: World, **configuration: Any) -> int:
    spec = {"configuration": {"type": "task", "commands": ["x"], **configuration}}
    answer = (await world.in_main("runs/get_plan", {"run_spec": spec})).body
    return int(answer["job_plans"][0]["total_offers"])


async def placed(world: World, **configuration: Any) -> str | None:
    """The name of the instance where it goes, or that its fleet grows; None where nothing could ever run it."""
    await world.submit("picky", "x", **configuration)
    answer = place(world.cell, world.run("picky"), world.job("picky"), 0, Taken())
    match answer:
        case Place():
            return answer.instance.name
        case Grow():
            return "grows"
        case Fail():
            return None
        case _:
            raise AssertionError(answer)


EXCLUDING: list[dict[str, Any]] = [
    {"spot_policy": "spot"},
    {"reservation": "mine"},
    {"backends": ["aws"]},
    {"regions": ["us-east-1"]},
    {"availability_zones": ["us-east-1a"]},
    {"instance_types": ["p5.48xlarge"]},
    {"fleets": ["nowhere"]},
    {"instances": ["nobody"]},
    {"instances": [{"hostname": "elsewhere"}]},
    {"instances": [{"fleet": "local", "instance": 7}]},
    {"instances": [{"fleet": "nowhere", "instance": 0}]},
    {"max_price": 0.5},
]


async def priced(world: World) -> None:
    """An instance that costs a dollar an hour, in a fleet that can't have another one."""
    ids, fleet = world.storage.ids, world.cell.fleet_named(None, "local")
    assert fleet is not None
    await world.add_host("free-host")
    known = next(iter(world.cell.hosts.values()))
    first = fleet.instances[0]
    await world.happen(instance.InstanceEnded(first.id, "error"))
    costly = ids.uuid7()
    await world.happen(instance.InstanceRequested(costly, fleet.id, 0, "local-0", "local"))
    await world.happen(
        instance.InstanceProvisioned(costly, fleet.id, known.id, "host-1", known.capacity, "local", 1_000_000)
    )


@pytest.mark.parametrize("excluding", EXCLUDING)
async def test_what_is_nowhere_here_is_neither_offered_nor_placed(
    world: World, excluding: dict[str, Any]
) -> None:
    await priced(world)

    assert await offered(world, **excluding) == 0
    assert await placed(world, **excluding) is None


@pytest.mark.parametrize(
    "fitting",
    [
        {"spot_policy": "auto"},
        {"backends": ["remote"]},
        {"regions": ["local", "us-east-1"]},
        {"instance_types": ["instance"]},
        {"fleets": ["local"]},
        {"instances": ["local-0"]},
        {"instances": ["nobody", {"hostname": "host-1"}]},
        {"instances": [{"fleet": "cell/local", "instance": 0}]},
        {"max_price": 1.5},
        {"creation_policy": "reuse"},
    ],
)
async def test_what_there_is_is_offered_and_placed(world: World, fitting: dict[str, Any]) -> None:
    await priced(world)

    assert await offered(world, **fitting) == 1
    assert await placed(world, **fitting) == "local-0"


async def test_who_only_reuses_has_no_fleet_grow(world: World) -> None:
    await world.add_host()
    fleet = world.cell.fleet_named(None, "local")
    assert fleet is not None
    await world.happen(instance.InstanceEnded(fleet.instances[0].id, "error"))

    assert await offered(world, creation_policy="reuse") == 0
    assert await placed(world, creation_policy="reuse") is None
    assert await offered(world) == 1


async def test_the_plan_tells_what_an_instance_costs(world: World) -> None:
    await priced(world)
    spec = {"configuration": {"type": "task", "commands": ["x"]}}

    (planned,) = (await world.in_main("runs/get_plan", {"run_spec": spec})).body["job_plans"]

    assert (planned["offers"][0]["price"], planned["max_price"]) == (1.0, 1.0)


async def test_what_was_chosen_is_kept_as_it_was_said(world: World) -> None:
    chosen = ["local-0", {"fleet": "local", "instance": 0}]
    run = (await world.submit("picky", "x", instances=chosen, max_price=2, creation_policy="reuse")).body

    fleet = world.cell.fleet_named(None, "local")
    assert fleet is not None
    assert world.run("picky").selection == Selection(
        (InstanceName("local-0"), InstanceName(fleet_id=fleet.id, num=0)), 2_000_000, reuse=True
    )
    assert run["run_spec"]["configuration"]["instances"] == [
        {"name": "local-0"},
        {"fleet": {"project": None, "name": "local"}, "instance": 0},
    ]


@pytest.mark.parametrize("wrong", [[], [{}], [{"fleet": "f"}], [{"instance": 1}]])
async def test_an_instance_is_named_in_one_way(world: World, wrong: list[Any]) -> None:
    assert (await world.submit("picky", "x", instances=wrong)).status == 422
