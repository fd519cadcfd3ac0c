"""Repos: made known, found, forgotten."""

from typing import Any

from tests.integration.gateway.world import World

VIRTUAL = {"repo_id": "none", "repo_info": {"repo_type": "virtual"}, "repo_creds": None}
REMOTE = {"repo_type": "remote", "repo_name": "train"}
CREDS = {"clone_url": "https://host/train.git", "private_key": None, "oauth_token": "github-token"}
MISSING = {"detail": [{"msg": "Resource not found", "code": "resource_not_exists"}]}


async def call(world: World, what: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
    told = {} if token is None else {"token": token}
    answer = await world.post(f"/api/project/main/repos/{what}", body, **told)
    return answer.status, answer.body


async def init(world: World, info: Any = REMOTE, creds: Any = CREDS, token: str | None = None) -> None:
    body = {"repo_id": "train", "repo_info": info, "repo_creds": creds}
    assert await call(world, "init", body, token) == (200, None)


async def test_a_client_says_its_virtual_repo_before_each_run_and_that_is_one_event(world: World) -> None:
    assert await call(world, "init", VIRTUAL) == (200, None)
    said = world.cell.position
    assert await call(world, "init", VIRTUAL) == (200, None)

    assert world.cell.position == said
    assert await call(world, "list") == (200, [{"repo_id": "none", "repo_info": {"repo_type": "virtual"}}])


async def test_what_a_user_clones_by_is_shown_to_that_user_who_asks_for_it(world: World) -> None:
    bob = await world.join("bob", role="user")
    await init(world)

    mine = await call(world, "get", {"repo_id": "train", "include_creds": True})
    unasked = await call(world, "get", {"repo_id": "train", "include_creds": False})
    others = await call(world, "get", {"repo_id": "train", "include_creds": True}, bob)

    shown = {"repo_id": "train", "repo_info": REMOTE}
    assert mine == (200, shown | {"repo_creds": CREDS})
    assert unasked == others == (200, shown | {"repo_creds": None})


async def test_what_a_user_clones_by_is_in_no_event(world: World) -> None:
    await init(world)

    stored = b"".join(bytes(commit.body) for commit in await world.storage.store.read(0, 1000))
    assert b"github-token" not in stored and b"train.git" in stored


async def test_a_deleted_repo_is_gone_and_one_that_never_was_is_passed_over(world: World) -> None:
    await init(world)

    assert await call(world, "delete", {"repos_ids": ["train", "never"]}) == (200, None)
    assert await call(world, "get", {"repo_id": "train", "include_creds": False}) == (400, MISSING)


async def test_a_strangers_repo_stays_unknown(world: World) -> None:
    stranger = await world.join("stranger")

    status, _ = await call(world, "init", VIRTUAL, stranger)

    assert status == 403
    assert world.project.repos == {}
