"""Secrets: set, shown one by one, set anew, deleted."""

from typing import Any

import pytest

from tests.integration.gateway.world import World

MISSING = {"detail": [{"msg": "Resource not found", "code": "resource_not_exists"}]}


async def call(world: World, what: str, body: Any = None) -> tuple[int, Any]:
    answer = await world.in_main(f"secrets/{what}", body)
    return answer.status, answer.body


async def put(world: World, name: str, value: str) -> Any:
    status, stored = await call(world, "create_or_update", {"name": name, "value": value})
    assert status == 200, stored
    return stored


async def told(world: World, **wanted: Any) -> list[str]:
    events = (await world.post("/api/events/list", {"include_target_types": ["secret"], **wanted})).body
    return [event["message"] for event in events]


async def test_a_value_is_shown_where_one_secret_is_asked_for_and_in_no_list(world: World) -> None:
    first = await put(world, "HF_TOKEN", "hf-1")
    second = await put(world, "WANDB", "w")

    assert first == {"id": first["id"], "name": "HF_TOKEN", "value": "hf-1"}
    assert await call(world, "get", {"name": "HF_TOKEN"}) == (200, first)
    assert await call(world, "list") == (200, [second | {"value": None}, first | {"value": None}])


async def test_the_log_has_no_value_in_the_clear(world: World) -> None:
    await put(world, "HF_TOKEN", "hf-in-the-clear")
    listed = await world.call("GET", "/api/runfold/v1/events", query={"after": "0"})

    assert world.cell.secrets_of(world.project.id)["HF_TOKEN"].data
    assert b"SecretStored" in listed.body
    assert b"hf-in-the-clear" not in listed.body
    assert b"nonce" not in listed.body


async def test_a_new_value_takes_the_place_of_the_old_one_and_the_same_one_is_no_news(world: World) -> None:
    first = await put(world, "HF_TOKEN", "old")
    second = await put(world, "HF_TOKEN", "new")
    position = world.cell.position
    again = await put(world, "HF_TOKEN", "new")

    assert (second["id"], again, world.cell.position) == (first["id"], second, position)
    assert await call(world, "get", {"name": "HF_TOKEN"}) == (200, second)


async def test_what_becomes_of_a_secret_is_told(world: World) -> None:
    secret = await put(world, "HF_TOKEN", "old")
    await put(world, "HF_TOKEN", "new")
    assert await call(world, "delete", {"secrets_names": ["HF_TOKEN"]}) == (200, None)

    about = {"target_secrets": [secret["id"]], "ascending": True}
    assert await told(world, **about) == ["Secret created", "Secret updated", "Secret deleted"]
    (*_, event) = (await world.post("/api/events/list", about)).body
    assert (event["targets"][0]["type"], event["targets"][0]["name"]) == ("secret", "HF_TOKEN")
    assert event["targets"][0]["project_name"] == "main"


async def test_a_secret_of_a_deleted_one_s_name_is_another_one(world: World) -> None:
    first = await put(world, "HF_TOKEN", "x")
    await call(world, "delete", {"secrets_names": ["HF_TOKEN"]})
    assert await call(world, "get", {"name": "HF_TOKEN"}) == (400, MISSING)
    assert (await put(world, "HF_TOKEN", "x"))["id"] != first["id"]


async def test_where_one_of_the_named_is_missing_none_is_deleted(world: World) -> None:
    await put(world, "A", "x")
    refused = {"detail": [{"msg": "Secrets not found: B", "code": "resource_not_exists"}]}
    assert await call(world, "delete", {"secrets_names": ["A", "B"]}) == (400, refused)
    assert (await call(world, "get", {"name": "A"}))[0] == 200


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("a b", "x", "Secret name should match regex '^[A-Za-z0-9-_]{1,200}$'"),
        ("A", "x" * 5001, "Secret value length must not exceed 5000"),
    ],
)
async def test_names_and_values_have_their_bounds(world: World, name: str, value: str, why: str) -> None:
    refused = {"detail": [{"msg": why, "code": "error"}]}
    assert await call(world, "create_or_update", {"name": name, "value": value}) == (400, refused)


async def test_a_repeated_request_stores_one_secret(world: World) -> None:
    body = {"name": "A", "value": "x"}
    first = await world.in_main("secrets/create_or_update", body, idempotency_key="k")
    again = await world.in_main("secrets/create_or_update", body, idempotency_key="k")
    assert (again.status, again.body) == (200, first.body)
