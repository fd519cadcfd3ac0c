"""Instances: listed over fleets and projects, found by id, and their health."""

from typing import Any

from runfold.contracts.instance import InstanceEnded, InstanceEnding
from tests.integration.gateway.world import World

MISSING = (400, {"detail": [{"msg": "Resource not found", "code": "resource_not_exists"}]})


async def listed(world: World, token: str | None = None, **wanted: Any) -> list[str]:
    told = {} if token is None else {"token": token}
    answer = await world.post("/api/instances/list", wanted, **told)
    assert answer.status == 200, answer.body
    return [instance["name"] for instance in answer.body]


async def own(world: World, *hosts: str) -> list[str]:
    """A fleet of the project's own, over these hosts; its instances' ids."""
    await world.make_fleet("own", project_id=world.project.id)
    return [await world.add_host(name, fleet_name="own") for name in hosts]


async def end(world: World, instance_id: str) -> None:
    await world.happen(InstanceEnding(instance_id, "idle_timeout"))
    await world.happen(InstanceEnded(instance_id, "idle_timeout"))


async def test_instances_are_listed_newest_first_by_pages_the_cell_s_where_they_are_wanted(
    world: World,
) -> None:
    await world.add_host("host-0")
    await own(world, "host-1", "host-2")

    first = (await world.post("/api/instances/list", {"limit": 1})).body
    after = {"prev_created_at": first[0]["created"], "prev_id": first[0]["id"]}

    assert await listed(world) == ["own-1", "own-0"]
    assert await listed(world, include_imported=True) == ["own-1", "own-0", "local-0"]
    assert [first[0]["name"], *await listed(world, **after)] == ["own-1", "own-0"]
    assert await listed(world, ascending=True) == ["own-0", "own-1"]


async def test_what_has_ended_is_left_out_of_what_is_active(world: World) -> None:
    (first, _) = await own(world, "host-1", "host-2")
    await end(world, first)

    assert await listed(world, only_active=True) == ["own-1"]
    assert await listed(world) == ["own-1", "own-0"]


async def test_projects_and_fleets_are_chosen(world: World) -> None:
    await own(world, "host-1")
    fleet = world.cell.fleet_named(world.project.id, "own")
    assert fleet is not None

    assert await listed(world, project_names=["main"]) == ["own-0"]
    assert await listed(world, project_names=["nothing"], include_imported=True) == []
    assert await listed(world, fleet_ids=[fleet.id]) == ["own-0"]
    assert await listed(world, fleet_ids=[world.project.id]) == []


async def test_another_project_s_instances_are_neither_listed_nor_found(world: World) -> None:
    stranger = await world.join("stranger")
    await world.post("/api/projects/create", {"project_name": "theirs"}, token=stranger)
    (ours,) = await own(world, "host-1")

    got = await world.post("/api/project/theirs/instances/get", {"id": ours}, token=stranger)

    assert await listed(world, stranger) == []
    assert (got.status, got.body) == MISSING


async def test_an_instance_is_found_by_its_id_also_after_its_end(world: World) -> None:
    (mine,) = await own(world, "host-1")
    cells = await world.add_host("host-0")

    got = (await world.in_main("instances/get", {"id": mine})).body
    imported = (await world.in_main("instances/get", {"id": cells})).body
    await end(world, mine)
    ended = (await world.in_main("instances/get", {"id": mine})).body

    assert (got["name"], got["fleet_name"], got["status"]) == ("own-0", "own", "idle")
    assert (imported["name"], imported["project_name"]) == ("local-0", "cell")
    assert (ended["status"], ended["termination_reason"]) == ("terminated", "idle_timeout")


async def test_gpus_that_there_are_not_were_never_checked(world: World) -> None:
    await own(world, "host-1")

    async def checks(number: int) -> tuple[int, Any]:
        body = {"fleet_name": "own", "instance_num": number}
        answer = await world.in_main("instances/get_instance_health_checks", body)
        return answer.status, answer.body

    assert await checks(0) == (200, {"health_checks": []})
    assert await checks(1) == MISSING


async def delete(world: World, fleet: str, *numbers: int) -> tuple[int, Any]:
    answer = await world.in_main("fleets/delete_instances", {"name": fleet, "instance_nums": numbers})
    return answer.status, answer.body


async def test_single_instances_are_deleted_and_unknown_ones_passed_over(world: World) -> None:
    (first, second) = await own(world, "host-1", "host-2")

    assert await delete(world, "own", 0, 7) == (200, None)
    assert await delete(world, "nothing", 0) == (200, None)
    assert await delete(world, "local", 0) == (200, None)

    ending, staying = (world.cell.instances[each] for each in (first, second))
    assert (ending.status, ending.reason, staying.status) == ("terminating", "terminated_by_user", "idle")


async def test_an_instance_in_use_stays_and_with_it_all_that_are_named(world: World) -> None:
    await own(world, "host-1")
    busy = await world.add_host("host-2", fleet_name="own")
    await world.submit("busy")
    await world.place("busy", busy)

    why = "Failed to delete fleet own instances [0, 1]. Fleet instances are in use."
    assert await delete(world, "own", 0, 1) == (400, {"detail": [{"msg": why, "code": "error"}]})
    assert [instance.ending for instance in world.cell.instances.values()] == [False, False]
