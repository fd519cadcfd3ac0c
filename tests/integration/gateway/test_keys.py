"""Keys: the pair that attaching needs, and what users bring themselves."""

from typing import Any

from runfold.gateway.ssh_keys import key_pair
from runfold.service.system import SystemIds
from tests.integration.gateway.world import World


async def call(world: World, what: str, body: Any, token: str) -> tuple[int, Any]:
    answer = await world.post(f"/api/users/{what}", body, token=token)
    return answer.status, answer.body


async def test_a_new_pair_is_shown_to_its_owner_alone(world: World) -> None:
    bob = await world.join("bob")

    _, own = await call(world, "refresh_ssh_key", {"username": "bob"}, bob)
    by_admin = (await world.post("/api/users/refresh_ssh_key", {"username": "bob"})).body
    _, now = await call(world, "get_my_user", None, bob)

    assert "OPENSSH PRIVATE KEY" in own["ssh_private_key"]
    assert (by_admin["ssh_private_key"], by_admin["creds"]) == (None, {"token": ""})
    assert (now["ssh_public_key"], now["ssh_private_key"] is None) == (by_admin["ssh_public_key"], False)
    assert own["ssh_public_key"] != now["ssh_public_key"]


async def test_a_key_is_added_shown_by_its_fingerprint_and_deleted(world: World) -> None:
    bob = await world.join("bob")
    key, _ = key_pair(SystemIds(), "bob@laptop")

    _, added = await call(world, "public_keys/add", {"key": key}, bob)
    _, listed = await call(world, "public_keys/list", None, bob)
    deleted = await call(world, "public_keys/delete", {"ids": [added["id"]]}, bob)

    assert (added["name"], added["type"]) == ("bob@laptop", "ssh-ed25519")
    assert added["fingerprint"].startswith("SHA256:")
    assert listed == [added]
    assert deleted == (200, None)
    assert await call(world, "public_keys/list", None, bob) == (200, [])
    assert [event["message"] for event in (await world.post("/api/events/list", {})).body[:2]] == [
        f"Public key deleted. Fingerprint: {added['fingerprint']}",
        f"Public key added. Fingerprint: {added['fingerprint']}",
    ]


async def test_a_key_is_a_user_s_once_and_another_user_s_as_well(world: World) -> None:
    ann, bob = await world.join("ann"), await world.join("bob")
    key, _ = key_pair(SystemIds(), "shared")
    exists = {"detail": [{"msg": "Resource exists", "code": "resource_exists"}]}

    first = await call(world, "public_keys/add", {"key": key, "name": "first"}, bob)
    again = await call(world, "public_keys/add", {"key": key, "name": "second"}, bob)
    other = await call(world, "public_keys/add", {"key": key}, ann)

    assert (first[0], first[1]["name"], again, other[0]) == (200, "first", (400, exists), 200)


async def test_nobody_deletes_another_one_s_key(world: World) -> None:
    ann, bob = await world.join("ann"), await world.join("bob")
    key, _ = key_pair(SystemIds(), "bob")
    _, added = await call(world, "public_keys/add", {"key": key}, bob)

    assert await call(world, "public_keys/delete", {"ids": [added["id"]]}, ann) == (200, None)
    assert await call(world, "public_keys/list", None, bob) == (200, [added])


async def test_what_is_no_key_is_refused(world: World) -> None:
    bob = await world.join("bob")
    message = "Invalid public key, must be in OpenSSH public key format"
    refused = {"detail": [{"msg": message, "code": "error"}]}
    assert await call(world, "public_keys/add", {"key": "no key"}, bob) == (400, refused)
