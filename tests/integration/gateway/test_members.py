"""Members of a project: set, added, given another role, removed."""

import asyncio
from typing import Any

from tests.integration.gateway.world import ADMIN, World

DENIED = {"detail": {"msg": "Access denied", "code": None}}
LAST = "Cannot remove all project admins"


def refusal(why: str) -> tuple[int, Any]:
    return 400, {"detail": [{"msg": why, "code": "error"}]}


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
    refused = await change(world, "add_members", bob="user", nobody="user")
    assert refused == (400, {"detail": [{"msg": "User not found: nobody", "code": "error"}]})
    assert roles((await world.post("/api/projects/main/get")).body) == {"admin": "admin"}


async def test_a_member_may_be_named_by_address_and_only_once(world: World) -> None:
    await world.post(
        "/api/users/create", {"username": "bob", "global_role": "user", "email": "bob@example.com"}
    )
    twice = [{"username": name, "project_role": "user"} for name in ("bob", "bob@example.com")]

    refused = await world.post("/api/projects/main/add_members", {"members": twice})
    added = await world.post("/api/projects/main/add_members", {"members": twice[1:]})

    assert (refused.status, refused.body) == refusal("Cannot add same user multiple times")
    assert roles(added.body) == {"admin": "admin", "bob": "user"}


async def publish(world: World) -> None:
    answer = await world.post("/api/projects/main/update", {"is_public": True})
    assert answer.status == 200, answer.body


async def test_anyone_joins_a_public_project_as_a_user_by_themselves(world: World) -> None:
    bob = await world.join("bob")
    await world.join("ann")

    assert await change(world, "add_members", bob, bob="user") == (403, DENIED)
    await publish(world)
    assert await change(world, "add_members", bob, bob="manager") == (403, DENIED)
    assert await change(world, "add_members", bob, ann="user") == (403, DENIED)
    assert await change(world, "add_members", bob, nobody="user") == (403, DENIED)
    assert await change(world, "add_members", bob, bob="user", ann="user") == (403, DENIED)
    _, joined = await change(world, "add_members", bob, bob="user")
    assert roles(joined) == {"admin": "admin", "bob": "user"}
    assert await change(world, "add_members", bob, bob="user") == (403, DENIED)


async def test_any_member_may_leave(world: World) -> None:
    bob = await world.join("bob", "user")
    await world.join("ann", "user")

    assert await remove(world, "ann", token=bob) == (403, DENIED)
    assert await remove(world, "bob", "ann", token=bob) == (403, DENIED)
    assert await remove(world, "bob", token=bob) == (200, (await world.post("/api/projects/main/get")).body)
    assert await remove(world, "bob", token=bob) == (403, DENIED)


async def test_who_is_no_member_can_t_be_removed(world: World) -> None:
    await world.join("bob")
    assert await remove(world, "bob") == refusal("User is not a member of this project: bob")
    assert await remove(world, "nobody") == refusal("User not found: nobody")


async def test_administrators_are_removed_by_those_of_the_cell_and_one_stays(world: World) -> None:
    bob = await world.join("bob", "admin")

    assert await remove(world, "admin", token=bob) == (403, DENIED)
    assert await remove(world, "admin", "bob") == refusal(LAST)
    _, left = await remove(world, "admin")
    assert roles(left) == {"bob": "admin"}
    assert await remove(world, "bob", token=bob) == refusal("Cannot leave project: you are the last admin")
    assert await change(world, "set_members", bob, bob="user") == refusal(LAST)
    _, emptied = await change(world, "set_members")
    assert roles(emptied) == {}


async def test_of_two_administrators_who_leave_at_once_one_stays(world: World) -> None:
    ann, bob = await world.join("ann", "admin"), await world.join("bob", "admin")
    await remove(world, "admin")

    answers = await asyncio.gather(remove(world, "ann", token=ann), remove(world, "bob", token=bob))

    assert sorted(status for status, _ in answers) == [200, 400]
    assert len(roles((await world.post("/api/projects/main/get")).body)) == 1


async def test_who_comes_and_goes_is_told(world: World) -> None:
    await world.join("bob")
    await change(world, "add_members", bob="user")
    await change(world, "add_members", bob="manager")
    await remove(world, "bob")

    wanted = {"target_projects": [world.project.id], "ascending": True}
    events = (await world.post("/api/events/list", wanted)).body

    assert [event["message"] for event in events] == [
        "Project created",
        "Project member added. Role: USER",
        "Project member role changed USER -> MANAGER",
        "Project member removed",
    ]
    assert [target["name"] for target in events[-1]["targets"]] == ["main", "bob"]


async def test_whoever_is_made_inactive_meanwhile_writes_nothing_more(world: World) -> None:
    bob = await world.join("bob", "user")
    inactive = {"username": "bob", "global_role": "user", "active": False}

    changed, submitted = await asyncio.gather(
        world.post("/api/users/update", inactive), world.submit("late", token=bob)
    )

    assert (changed.status, submitted.status) == (200, 403)
    assert world.cell.run_named(world.project.id, "late") is None
