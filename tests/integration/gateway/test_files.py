"""Archives that users send along: known by their content, and to their owner alone."""

import io
from hashlib import sha256
from typing import Any

import aiohttp
import pytest

from tests.integration.gateway.world import ADMIN, Reply, World

UPLOAD, BY_HASH = "/api/files/upload_archive", "/api/files/get_archive_by_hash"


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


async def upload(
    world: World, data: bytes, *, name: str | None = None, path: str = UPLOAD, token: str = ADMIN
) -> tuple[int, Any]:
    """As clients do, over HTTP."""
    form = aiohttp.FormData()
    form.add_field(
        "file", io.BytesIO(data), filename=name or digest(data), content_type="application/octet-stream"
    )
    assert world.gateway.address is not None
    url = "http://{}:{}{}".format(*world.gateway.address, path)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as client, client.post(url, data=form) as answer:
        return answer.status, await answer.json()


async def submit(world: World, name: str, archive: dict[str, str]) -> Reply:
    """A task with one archive's files."""
    spec = {
        "run_name": name,
        "configuration": {"type": "task", "commands": ["true"]},
        "file_archives": [{"id": archive["id"], "path": "there"}],
    }
    return await world.in_main("runs/apply", {"plan": {"run_spec": spec}, "force": False})


async def test_an_archive_is_found_by_the_hash_of_its_content(world: World) -> None:
    status, sent = await upload(world, b"content \r\n--with-- \x00 bytes")
    assert (status, sent["hash"]) == (200, digest(b"content \r\n--with-- \x00 bytes"))
    assert (await world.post(BY_HASH, {"hash": sent["hash"]})).body == sent


async def test_sent_again_it_is_the_same(world: World) -> None:
    assert await upload(world, b"same") == await upload(world, b"same")


async def test_what_nobody_sent_is_not_found(world: World) -> None:
    refused = await world.post(BY_HASH, {"hash": digest(b"never")})
    assert refused.status == 400
    assert refused.body["detail"] == [{"msg": "Resource not found", "code": "resource_not_exists"}]


async def test_nobody_is_told_what_others_have_sent(world: World) -> None:
    _, sent = await upload(world, b"mine")
    token = await world.join("other", "user")
    assert (await world.post(BY_HASH, {"hash": sent["hash"]}, token=token)).status == 400


async def test_a_run_takes_only_its_submitters_files(world: World) -> None:
    token = await world.join("other", "user")
    _, theirs = await upload(world, b"theirs", token=token)
    _, mine = await upload(world, b"mine")
    taken = await submit(world, "taken", mine)
    assert world.job("taken").spec.files[0].path == "there"
    assert taken.body["jobs"][0]["job_spec"]["file_archives"] == [{"id": mine["id"], "path": "there"}]
    refused = await submit(world, "refused", theirs)
    assert (refused.status, refused.body["detail"][0]["code"]) == (400, "resource_not_exists")


async def test_a_name_that_is_not_its_contents_hash_is_refused(world: World) -> None:
    status, refused = await upload(world, b"content", name=digest(b"other"))
    assert (status, refused["detail"][0]["code"]) == (400, "error")
    assert "SHA-256" in refused["detail"][0]["msg"]


async def test_one_over_the_limit_is_refused_with_its_size(world: World) -> None:
    status, refused = await upload(world, bytes(2 * 1024**2 + 1))
    assert status == 400
    assert "2097152 bytes, the most" in refused["detail"][0]["msg"]


async def test_one_at_the_limit_is_taken(world: World) -> None:
    status, _ = await upload(world, bytes(2 * 1024**2))
    assert status == 200


@pytest.mark.parametrize("body", [b"", b"no form", b'{"file": "json"}'])
async def test_what_is_no_form_is_malformed(world: World, body: bytes) -> None:
    refused = await world.post(UPLOAD, raw=body)
    assert refused.status == 422


async def test_changes_belong_to_a_repo_of_the_project(world: World) -> None:
    path = "/api/project/main/repos/upload_code?repo_id=r1"
    assert (await upload(world, b"patch", path=path))[0] == 400
    init = {"repo_id": "r1", "repo_info": {"repo_type": "remote", "repo_name": "r"}, "repo_creds": None}
    await world.post("/api/project/main/repos/init", init)
    assert await upload(world, b"patch", path=path) == (200, None)
