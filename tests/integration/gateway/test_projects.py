"""Projects: made, found, listed."""

import asyncio
from typing import Any

import pytest

from runfold.contracts.fleet import FleetDeleted
from tests.integration.gateway.world import ADMIN, World


async def create(world: World, name: Any, **more: Any) -> tuple[int, Any]:
    answer = await world.post("/api/projects/create", {"project_name": name, **more})
    return answer.status, answer.body


async def test_who_makes_a_project_administers_it(world: World) -> None:
    bob = await world.join("bob")

    made = (await world.post("/api/projects/create", {"project_name": "Bob_s-1"}, token=bob)).body

    assert made["owner"]["username"] == "bob"
    (member,) = made["members"]
    assert (member["user"]["username"], member["project_role"]) == ("bob", "admin")
    assert member["permissions"] == {"can_manage_ssh_fleets": True, "can_manage_secrets": True}


async def test_a_name_is_given_once(world: World) -> None:
    await create(world, "new")
    assert await create(world, "new") == (
        400,
        {"detail": [{"msg": "Resource exists", "code": "resource_exists"}]},
    )


@pytest.mark.parametrize("name", ["a b", "", "x" * 51, "dot.ted"])
async def test_a_malformed_name_is_refused(world: World, name: str) -> None:
    message = "Project name should match regex '^[a-zA-Z0-9-_]{1,50}$'"
    assert await create(world, name) == (400, {"detail": [{"msg": message, "code": "error"}]})


async def test_projects_made_at_once_have_numbers_of_their_own(world: World) -> None:
    answers = await asyncio.gather(*(create(world, f"p{number}") for number in range(6)))

    assert {status for status, _ in answers} == {200}
    assert sorted(project.serial for project in world.cell.projects.values()) == [1, 2, 3, 4, 5, 6, 7]


async def test_lists_leave_the_members_out_and_may_count(world: World) -> None:
    await create(world, "second")

    listed = (await world.post("/api/projects/list", {})).body
    counted = (await world.post("/api/projects/list", {"return_total_count": True, "limit": 1})).body
    named = (await world.post("/api/projects/list", {"name_pattern": "SEC"})).body

    assert [(p["project_name"], p["members"]) for p in listed] == [("second", []), ("main", [])]
    assert (counted["total_count"], len(counted["projects"])) == (2, 1)
    assert [p["project_name"] for p in named] == ["second"]


async def test_projects_that_were_not_joined_can_be_left_out(world: World) -> None:
    bob = await world.join("bob")
    await create(world, "open", is_public=True)

    async def names(**wanted: Any) -> list[str]:
        listed = (await world.post("/api/projects/list", wanted, token=bob)).body
        return [p["project_name"] for p in listed]

    assert await names() == ["open"]
    assert await names(include_not_joined=False) == []
    assert await names(username="admin") == ["open"]
    assert await names(username="bob") == []
    assert await names(username="nobody") == []


async def test_projects_of_a_user_come_with_that_user_s_membership(world: World) -> None:
    await world.join("bob", "manager")
    await create(world, "other")

    (main,) = (await world.post("/api/projects/list", {"username": "bob"})).body

    assert [(m["user"]["username"], m["project_role"]) for m in main["members"]] == [("bob", "manager")]


async def update(world: World, **wanted: Any) -> tuple[int, Any]:
    answer = await world.post("/api/projects/main/update", wanted)
    return answer.status, answer.body


async def test_a_project_is_published_and_that_is_told_once(world: World) -> None:
    bob = await world.join("bob")

    _, public = await update(world, is_public=True)
    position = world.cell.position
    _, same = await update(world, reset_templates_repo=True)
    read = await world.post("/api/projects/main/get", token=bob)

    assert (public["is_public"], same["is_public"], world.cell.position, read.status) == (
        True,
        True,
        position,
        200,
    )
    wanted = {"target_projects": [world.project.id], "limit": 1}
    (event,) = (await world.post("/api/events/list", wanted)).body
    assert event["message"] == "Project updated. Updated fields: is_public=True"


async def test_templates_are_not_there_yet(world: World) -> None:
    refused = {"detail": [{"msg": "`templates_repo` is not yet supported", "code": "error"}]}
    assert await update(world, templates_repo="https://host/templates") == (400, refused)
    assert (await update(world, templates_repo=" "))[0] == 200


async def delete(world: World, *names: str, token: str = ADMIN) -> tuple[int, Any]:
    answer = await world.post("/api/projects/delete", {"projects_names": names}, token=token)
    return answer.status, answer.body


async def test_a_deleted_project_is_gone_its_name_free_and_its_events_stay(world: World) -> None:
    _, first = await create(world, "done")

    assert await delete(world, "done") == (200, None)

    gone = await world.post("/api/projects/done/get")
    listed = (await world.post("/api/projects/list")).body
    wanted = {"within_projects": [first["project_id"]], "ascending": True}
    events = (await world.post("/api/events/list", wanted)).body
    assert (gone.status, gone.body) == (404, {"detail": {"msg": "Not found", "code": None}})
    assert [project["project_name"] for project in listed] == ["main"]
    assert [event["message"] for event in events] == ["Project created", "Project deleted"]
    assert events[0]["targets"][0]["is_project_deleted"] is True
    assert (await create(world, "done"))[1]["project_id"] != first["project_id"]


async def test_a_project_with_something_in_it_stays(world: World) -> None:
    await world.start_of("busy")
    runs = "Failed to delete project with active runs: ['busy']"
    fleets = "Failed to delete project with active fleets: ['own']"

    assert await delete(world, "main") == (400, {"detail": [{"msg": runs, "code": "error"}]})
    await world.finish("busy")
    await world.make_fleet("own", project_id=world.project.id)
    assert await delete(world, "main") == (400, {"detail": [{"msg": fleets, "code": "error"}]})


async def test_all_projects_that_are_named_are_deleted_or_none(world: World) -> None:
    bob = await world.join("bob")
    await world.post("/api/projects/create", {"project_name": "bobs"}, token=bob)
    missing = {"detail": [{"msg": "Failed to delete non-existent projects", "code": "error"}]}

    assert await delete(world, "bobs", "nothing") == (400, missing)
    assert (await delete(world, "bobs", "nothing", token=bob))[0] == 403
    assert (await delete(world, "bobs", "main", token=bob))[0] == 403
    assert await delete(world, "bobs", token=bob) == (200, None)


@pytest.mark.parametrize("first", ["deletion", "submission"])
async def test_nothing_begins_in_a_project_that_is_deleted_meanwhile(world: World, first: str) -> None:
    calls = {"deletion": lambda: delete(world, "main"), "submission": lambda: submit(world)}
    order = sorted(calls, key=lambda name: name != first)

    answers = dict(zip(order, await asyncio.gather(*(calls[name]() for name in order)), strict=True))

    assert answers[first][0] == 200
    assert {status for status, _ in answers.values()} != {200}
    project = next(iter(world.cell.projects.values()))
    assert project.deleted is (first == "deletion")
    assert bool(world.cell.runs) is (first == "submission")


async def submit(world: World) -> tuple[int, Any]:
    answer = await world.submit("late")
    return answer.status, answer.body


async def test_a_project_may_use_the_cell_s_fleets_and_needs_none_of_its_own(world: World) -> None:
    async def without() -> list[str]:
        listed = (await world.post("/api/projects/list_only_no_fleets")).body
        return [project["project_name"] for project in listed]

    local = world.cell.fleet_named(None, "local")
    assert local is not None
    assert await without() == []
    await world.happen(FleetDeleted(local.id))
    await create(world, "second")
    await world.make_fleet("own", project_id=world.project.id)
    assert await without() == ["second"]
