"""What could take a task, in groups."""

from typing import Any

import pytest

from tests.integration.gateway.world import Reply, World

GIB = 1024


async def listed(world: World, *by: str, reverse: bool = False, **configuration: Any) -> Reply:
    task = {"type": "task", "commands": [":"], **configuration}
    body = {"run_spec": {"configuration": task}, "group_by": list(by) or None, "reverse": reverse}
    return await world.in_main("gpus/list", body)


async def cpus(world: World, *by: str, **wanted: Any) -> Any:
    answer = await listed(world, *by, **wanted)
    assert (answer.status, answer.body["gpus"]) == (200, []), answer.body
    return answer.body["cpus"]


async def test_without_grouping_all_hosts_are_one_group(world: World) -> None:
    await world.add_host("small", cpu=4, gib=8)
    await world.add_host("large", cpu=32, gib=64)

    assert await cpus(world) == [
        {
            "cpu_arch": ["x86"],
            "count": {"min": 4, "max": 32},
            "memory_mib": {"min": 8 * GIB, "max": 64 * GIB},
            "price": {"min": 0.0, "max": 0.0},
            "availability": ["idle"],
            "spot": ["on-demand"],
            "backends": ["remote"],
            "backend": None,
            "regions": None,
            "region": None,
        }
    ]


@pytest.mark.parametrize(
    ("by", "places"),
    [
        (("count",), (["remote"], None, None, None)),
        (("backend", "count"), (None, "remote", ["local"], None)),
        (("backend", "region", "count"), (None, "remote", None, "local")),
    ],
    ids=["count", "backend", "region"],
)
async def test_what_it_is_grouped_by_is_said_as_one_value(
    world: World, by: tuple[str, ...], places: tuple[Any, ...]
) -> None:
    for name, count in (("a", 4), ("b", 32), ("c", 4)):
        await world.add_host(name, cpu=count)

    groups = await cpus(world, *by)

    assert [group["count"] for group in groups] == [{"min": 4, "max": 4}, {"min": 32, "max": 32}]
    names = ("backends", "backend", "regions", "region")
    assert [tuple(group[name] for name in names) for group in groups] == [places] * 2
    assert await cpus(world, *by, reverse=True) == groups[::-1]


async def test_what_is_ready_comes_before_what_is_busy(world: World) -> None:
    host = await world.add_host("small", cpu=4)
    await world.submit("full", resources={"cpu": "4", "memory": "1GB"})
    await world.place("full", host)
    await world.add_host("large", cpu=32)

    groups = await cpus(world, "count")

    assert [(group["count"]["min"], group["availability"]) for group in groups] == [
        (32, ["idle"]),
        (4, ["busy"]),
    ]


async def test_only_what_can_be_given_is_listed(world: World) -> None:
    await world.add_host("small", cpu=4)

    assert await cpus(world, resources={"cpu": "8.."}) == []
    assert await cpus(world, backends=["aws"]) == []
    assert await cpus(world, spot_policy="spot") == []


async def test_of_gpus_there_are_none_and_who_wants_some_gets_no_cpus_instead(world: World) -> None:
    await world.add_host("with", gpu=2)

    assert await cpus(world) == []
    for wanted in (1, "H100", "nvidia:1"):
        assert await cpus(world, resources={"gpu": wanted}) is None


async def test_regions_are_a_backend_s(world: World) -> None:
    answer = await listed(world, "region")
    told = "Cannot group by 'region' without also grouping by 'backend'"
    assert (answer.status, answer.body) == (400, {"detail": [{"msg": told, "code": "error"}]})
    assert (await listed(world, "gpu")).status == 422
