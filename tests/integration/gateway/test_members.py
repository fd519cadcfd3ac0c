"""Members of a project: set, added, given another role, removed."""

from typing import Any

from tests.integration.gateway.world import ADMIN, World

DENIED = {"detail": {"msg": "Access denied", "code": None}}


async def change(world: World, what: str, token: str = ADMIN, **roles: str) -> tuple[int, Any]:
    members = [{"username": name, "project_role": role} for name, role in roles.items()]
    answer = await world.post(f"/api/projects/main/{what}", {"members": members}, token=token)
    return answer.status, answer.body


async def remove(world: World, *names: str, token: str = ADMIN) -> tuple[int, Any]:
    answer = await world.post("/api/projects/main/remove_members", {"usernames": names}, token=token)
    return answer.status, answer.body


def roles(project: Any) -> dict[str, str]:
    return {member["user"]["username"]: member["project_role"] for member in project["members"]}


async def test_who_is_added_reads_the_project_and_who_is_removed_no_longer(world: World) -> None:
    bob = await world.join("bob")

    _, added = await change(world, "add_members", bob="user")
    read = await world.post("/api/projects/main/get", token=bob)
    _, removed = await remove(world, "bob")
    denied = await world.post("/api/projects/main/get", token=bob)

    assert roles(added) == {"admin": "admin", "bob": "user"}
    assert roles(removed) == {"admin": "admin"}
    assert (read.status, denied.status, denied.body) == (200, 403, DENIED)


async def test_a_member_who_is_added_again_has_the_new_role(world: World) -> None:
    await world.join("bob", "user")
    _, changed = await change(world, "add_members", bob="manager")
    assert roles(changed) == {"admin": "admin", "bob": "manager"}


async def test_whoever_is_not_among_the_members_that_are_set_leaves(world: World) -> None:
    await world.join("ann", "user")
    await world.join("bob")
    _, changed = await change(world, "set_members", admin="admin", bob="user")
    assert roles(changed) == {"admin": "admin", "bob": "user"}


async def test_a_manager_makes_and_unmakes_no_administrators(world: World) -> None:
    manager = await world.join("manager", "manager")
    await world.join("bob")

    assert await change(world, "add_members", manager, bob="admin") == (403, DENIED)
    assert await remove(world, "admin", token=manager) == (403, DENIED)
    assert await change(world, "set_members", manager, manager="manager") == (403, DENIED)
    status, added = await change(world, "add_members", manager, bob="manager")
    assert (status, roles(added)["bob"]) == (200, "manager")


async def test_an_unknown_user_changes_nothing(world: World) -> None:
    await world.join("bob")
    status, refusal = await change(world, "add_members", bob="user", nobody="user")
    assert (status, refusal["detail"][0]["code"]) == (400, "resource_not_exists")
    assert roles((await world.post("/api/projects/main/get")).body) == {"admin": "admin"}
