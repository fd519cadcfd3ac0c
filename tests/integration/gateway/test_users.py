"""Users: made, found, listed, given a new token."""

from typing import Any

import pytest

from tests.integration.gateway.world import World

INVALID = (403, {"detail": {"msg": "Invalid token", "code": None}})


async def create(world: World, name: str, **more: Any) -> tuple[int, Any]:
    answer = await world.post("/api/users/create", {"username": name, "global_role": "user", **more})
    return answer.status, answer.body


async def who_is(world: World, token: str) -> tuple[int, Any]:
    answer = await world.post("/api/users/get_my_user", token=token)
    return answer.status, answer.body


async def test_a_new_user_gets_in_with_the_token_that_is_shown_once(world: World) -> None:
    _, made = await create(world, "bob", email="bob@example.com")
    token = made["creds"]["token"]

    status, bob = await who_is(world, token)
    seen = (await world.post("/api/users/get_user", {"username": "bob"})).body

    assert (status, bob["username"], bob["email"], bob["creds"]) == (
        200,
        "bob",
        "bob@example.com",
        {"token": token},
    )
    assert "OPENSSH PRIVATE KEY" in bob["ssh_private_key"]
    assert (seen["id"], seen["creds"], seen["ssh_private_key"]) == (bob["id"], {"token": ""}, None)


async def test_a_name_is_given_once(world: World) -> None:
    await create(world, "bob")
    assert await create(world, "bob") == (
        400,
        {"detail": [{"msg": "Resource exists", "code": "resource_exists"}]},
    )


async def test_a_role_that_there_is_not_is_refused(world: World) -> None:
    status, _ = await create(world, "bob", global_role="king")
    assert status == 422


async def test_a_new_token_ends_the_older_one(world: World) -> None:
    _, made = await create(world, "bob")
    old = made["creds"]["token"]

    renewed = (await world.post("/api/users/refresh_token", {"username": "bob"}, token=old)).body

    assert await who_is(world, old) == INVALID
    assert (await who_is(world, renewed["creds"]["token"]))[1]["id"] == made["id"]


async def test_a_repeated_request_makes_one_user_and_shows_no_token_that_is_none(world: World) -> None:
    body = {"username": "bob", "global_role": "user"}
    first = (await world.post("/api/users/create", body, idempotency_key="k")).body
    again = (await world.post("/api/users/create", body, idempotency_key="k")).body

    assert (again["id"], again["creds"]) == (first["id"], {"token": ""})
    assert (await who_is(world, first["creds"]["token"]))[0] == 200


async def test_who_does_not_administer_sees_themselves(world: World) -> None:
    bob = await world.join("bob")
    listed = (await world.post("/api/users/list", token=bob)).body
    assert [user["username"] for user in listed] == ["bob"]


async def test_users_are_listed_by_pages_newest_first_and_counted(world: World) -> None:
    for name in ("ann", "bob"):
        await create(world, name)

    first = (await world.post("/api/users/list", {"limit": 2})).body
    after = {"prev_created_at": first[-1]["created_at"], "prev_id": first[-1]["id"]}
    second = (await world.post("/api/users/list", after)).body
    counted = (await world.post("/api/users/list", {"return_total_count": True, "limit": 1})).body

    assert [user["username"] for user in first + second] == ["bob", "ann", "admin"]
    assert (counted["total_count"], len(counted["users"])) == (3, 1)


@pytest.mark.parametrize(("pattern", "names"), [("NN", ["ann"]), ("x", [])])
async def test_users_are_found_by_a_part_of_their_name(world: World, pattern: str, names: list[str]) -> None:
    await create(world, "ann")
    found = (await world.post("/api/users/list", {"name_pattern": pattern})).body
    assert [user["username"] for user in found] == names


async def update(world: World, name: str, **wanted: Any) -> tuple[int, Any]:
    body = {"username": name, "global_role": "user", **wanted}
    answer = await world.post("/api/users/update", body)
    return answer.status, answer.body


async def told(world: World, user_id: str) -> list[str]:
    body = {"target_users": [user_id], "ascending": True}
    return [event["message"] for event in (await world.post("/api/events/list", body)).body]


async def test_a_user_is_changed_as_a_whole_and_each_change_is_told(world: World) -> None:
    _, made = await create(world, "bob", email="bob@example.com")

    _, changed = await update(world, "bob", global_role="admin")
    position = world.cell.position
    await update(world, "bob", global_role="admin")

    assert (changed["global_role"], changed["email"], changed["active"]) == ("admin", None, True)
    assert world.cell.position == position
    assert await told(world, made["id"]) == [
        "User created",
        "User updated. Updated fields: global_role=admin, email",
    ]


async def test_who_is_made_inactive_gets_in_no_longer_until_made_active(world: World) -> None:
    _, made = await create(world, "bob")
    token = made["creds"]["token"]

    _, off = await update(world, "bob", active=False)
    refused = await who_is(world, token)
    await update(world, "bob")

    assert (off["active"], refused) == (False, INVALID)
    assert (await who_is(world, token))[0] == 200


async def test_who_is_made_inactive_from_the_start_does_not_get_in(world: World) -> None:
    _, made = await create(world, "bob", active=False)
    assert made["active"] is False
    assert await who_is(world, made["creds"]["token"]) == INVALID


async def test_the_last_administrator_stays(world: World) -> None:
    await create(world, "bob")
    refused = {"detail": [{"msg": "Cannot remove the last global admin", "code": "error"}]}
    assert await update(world, "admin") == (400, refused)
    assert await update(world, "admin", global_role="admin", active=False) == (400, refused)


async def delete(world: World, *names: str) -> tuple[int, Any]:
    answer = await world.post("/api/users/delete", {"users": names})
    return answer.status, answer.body


async def test_who_is_deleted_is_gone_and_their_runs_still_say_whose_they_are(world: World) -> None:
    bob = await world.join("bob", "user")
    run = (await world.submit("bobs", token=bob)).body

    assert await delete(world, "bob") == (200, None)

    listed = (await world.post("/api/users/list")).body
    project = (await world.post("/api/projects/main/get")).body
    seen = (await world.in_main("runs/get", {"run_name": "bobs"})).body
    submitted = (await world.post("/api/events/list", {"target_runs": [run["id"]]})).body[-1]
    assert await who_is(world, bob) == INVALID
    assert [user["username"] for user in listed] == ["admin"]
    assert [member["user"]["username"] for member in project["members"]] == ["admin"]
    assert seen["user"] == "bob"
    assert (submitted["actor_user"], submitted["is_actor_user_deleted"]) == ("bob", True)


async def test_a_deleted_user_s_name_is_another_one_s(world: World) -> None:
    _, first = await create(world, "bob")
    await delete(world, "bob")
    _, second = await create(world, "bob")
    assert first["id"] != second["id"]
    assert await told(world, first["id"]) == ["User created", "User deleted"]


async def test_all_who_are_named_are_deleted_or_nobody(world: World) -> None:
    await create(world, "bob")
    missing = {"detail": [{"msg": "Failed to delete non-existent users", "code": "error"}]}
    founder = {"detail": [{"msg": "User 'admin' cannot be deleted", "code": "error"}]}
    assert await delete(world, "bob", "nobody") == (400, missing)
    assert await delete(world, "bob", "admin") == (400, founder)
    assert len((await world.post("/api/users/list")).body) == 2


async def test_no_other_service_signs_anyone_in(world: World) -> None:
    assert (await world.post("/api/auth/list_providers", token=None)).body == []
