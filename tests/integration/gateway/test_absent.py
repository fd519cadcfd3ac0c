"""What there is nothing of yet says so, in dstack's words where it has some."""

from typing import Any

import pytest

from tests.integration.gateway.world import World

MISSING = (400, {"detail": [{"msg": "Resource not found", "code": "resource_not_exists"}]})
FIXED = "Backend remote is always there and has no settings; others are not yet supported"


def refusal(why: str) -> tuple[int, Any]:
    return 400, {"detail": [{"msg": why, "code": "error"}]}


async def call(world: World, path: str, body: Any = None) -> tuple[int, Any]:
    answer = await world.in_main(path, body)
    return answer.status, answer.body


@pytest.mark.parametrize("what", ["volumes", "gateways", "templates"])
async def test_lists_are_empty(world: World, what: str) -> None:
    assert await call(world, f"{what}/list") == (200, [])


async def test_volumes_of_all_projects_are_none(world: World) -> None:
    assert (await world.post("/api/volumes/list", {"only_active": True})).body == []


@pytest.mark.parametrize("what", ["volumes", "gateways"])
async def test_nothing_is_found_and_nothing_deleted(world: World, what: str) -> None:
    assert await call(world, f"{what}/get", {"name": "x"}) == MISSING
    assert await call(world, f"{what}/delete", {"names": ["x"]}) == (200, None)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("volumes/create", "Volumes are not yet supported"),
        ("gateways/get_plan", "Gateways are not yet supported"),
        ("gateways/apply", "Gateways are not yet supported"),
        ("exports/list", "This dstack server does not support exports."),
        ("imports/list", "This dstack server does not support exports."),
        ("backends/create", FIXED),
        ("backends/update_yaml", FIXED),
    ],
)
async def test_what_can_not_be_made_is_refused_with_the_reason(world: World, path: str, why: str) -> None:
    assert await call(world, path, {"configuration": {"type": "x"}}) == refusal(why)


async def test_the_backend_that_there_is_shows_and_stays(world: World) -> None:
    assert (await world.post("/api/backends/list_types")).body == ["remote"]
    assert await call(world, "backends/remote/get_yaml") == (
        200,
        {"name": "remote", "config_yaml": "type: remote\n"},
    )
    assert await call(world, "backends/aws/get_yaml") == MISSING
    assert await call(world, "backends/delete", {"backends_names": ["remote"]}) == refusal(FIXED)
    assert await call(world, "backends/delete", {"backends_names": ["aws"]}) == (200, None)


async def test_nobody_signs_in_through_another_service(world: World) -> None:
    redirect = {"code": "c", "state": "s"}
    refused = await world.post("/api/auth/get_next_redirect", redirect, token=None)
    unknown = await world.post("/api/auth/github/callback", redirect, token=None)

    assert (refused.status, refused.body) == refusal("Invalid state token")
    assert (unknown.status, unknown.body) == MISSING


async def test_no_proxy_of_one_s_own_is_told_where_it_leads_to(world: World) -> None:
    answer = await world.post("/api/sshproxy/get_upstream", {"id": "x"}, token=None)
    assert (answer.status, answer.body) == (403, {"detail": {"msg": "Access denied", "code": None}})
