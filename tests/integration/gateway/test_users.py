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


async def test_no_other_service_signs_anyone_in(world: World) -> None:
    assert (await world.post("/api/auth/list_providers", token=None)).body == []
