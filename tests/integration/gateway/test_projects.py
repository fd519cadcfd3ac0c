"""Projects: made, found, listed."""

import asyncio
from typing import Any

import pytest

from tests.integration.gateway.world import World


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
