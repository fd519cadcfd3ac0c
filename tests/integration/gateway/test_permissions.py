"""Who may do what: each endpoint by each role, with the answers written down by hand."""

import json
from typing import Any

import pytest

from runfold.gateway.dialects.dstack.routes import ROUTES
from tests.integration.gateway.world import ADMIN, World

TASK = {"configuration": {"type": "task", "commands": ["x"]}}
FLEET = {"configuration": {"type": "fleet", "name": "new", "nodes": 0}, "profile": {}}
REPO = {"repo_id": "new", "repo_info": {"repo_type": "virtual"}}
NOBODY_S_ATTEMPT = "3d1f3e67-b83e-445b-afdb-b356bb8fb11a"

#: Endpoint, body, and the status for: a global admin, the project's admin, manager, user, and someone who is no member.
TABLE: list[tuple[str, Any, tuple[int, int, int, int, int]]] = [
    ("/api/users/get_my_user", None, (200, 200, 200, 200, 200)),
    ("/api/server/get_info", None, (200, 200, 200, 200, 200)),
    ("/api/auth/list_providers", None, (200, 200, 200, 200, 200)),
    ("/api/users/list", None, (200, 200, 200, 200, 200)),
    ("/api/users/get_user", {"username": "admin"}, (200, 403, 403, 403, 403)),
    ("/api/users/get_user", {"username": "nobody"}, (400, 403, 403, 403, 403)),
    ("/api/users/create", {"username": "made", "global_role": "user"}, (200, 403, 403, 403, 403)),
    ("/api/users/refresh_token", {"username": "admin"}, (200, 403, 403, 403, 403)),
    ("/api/users/refresh_ssh_key", {"username": "admin"}, (200, 403, 403, 403, 403)),
    ("/api/users/update", {"username": "seen", "global_role": "user"}, (200, 403, 403, 403, 403)),
    ("/api/users/update", {"username": "nobody", "global_role": "user"}, (400, 403, 403, 403, 403)),
    ("/api/users/delete", {"users": ["nobody"]}, (400, 403, 403, 403, 403)),
    ("/api/users/public_keys/list", None, (200, 200, 200, 200, 200)),
    ("/api/users/public_keys/add", {"key": "no key"}, (400, 400, 400, 400, 400)),
    ("/api/users/public_keys/delete", {"ids": []}, (200, 200, 200, 200, 200)),
    ("/api/projects/list", None, (200, 200, 200, 200, 200)),
    ("/api/projects/create", {"project_name": "made"}, (200, 200, 200, 200, 200)),
    ("/api/projects/list_only_no_fleets", None, (200, 200, 200, 200, 200)),
    ("/api/projects/main/update", {}, (200, 200, 403, 403, 403)),
    ("/api/projects/delete", {"projects_names": ["nothing"]}, (400, 403, 403, 403, 403)),
    ("/api/projects/delete", {"projects_names": ["main"]}, (400, 400, 403, 403, 403)),
    ("/api/projects/main/get", None, (200, 200, 200, 200, 403)),
    ("/api/projects/main/add_members", {"members": []}, (200, 200, 200, 403, 403)),
    (
        "/api/projects/main/set_members",
        {"members": [{"username": "admin", "project_role": "admin"}]},
        (200, 200, 200, 403, 403),
    ),
    ("/api/projects/main/remove_members", {"usernames": []}, (200, 200, 200, 403, 403)),
    ("/api/runs/list", {}, (200, 200, 200, 200, 200)),
    ("/api/fleets/list", {}, (200, 200, 200, 200, 200)),
    ("/api/events/list", {}, (200, 200, 200, 200, 200)),
    ("/api/project/main/runs/get_plan", {"run_spec": TASK}, (200, 200, 200, 200, 403)),
    ("/api/project/main/runs/get", {"run_name": "seen"}, (200, 200, 200, 200, 403)),
    ("/api/project/main/runs/apply", {"plan": {"run_spec": TASK}, "force": False}, (200, 200, 200, 200, 403)),
    ("/api/project/main/runs/stop", {"runs_names": ["seen"], "abort": False}, (200, 200, 200, 200, 403)),
    ("/api/project/main/runs/delete", {"runs_names": ["nobody"]}, (200, 200, 200, 200, 403)),
    (
        "/api/project/main/logs/poll",
        {"run_name": "seen", "job_submission_id": NOBODY_S_ATTEMPT},
        (200, 200, 200, 200, 403),
    ),
    ("/api/project/main/repos/list", None, (200, 200, 200, 200, 403)),
    ("/api/project/main/repos/get", {"repo_id": "no", "include_creds": False}, (400, 400, 400, 400, 403)),
    ("/api/project/main/repos/get", {"repo_id": "no", "include_creds": True}, (400, 400, 400, 400, 403)),
    ("/api/project/main/repos/init", REPO, (200, 200, 200, 200, 403)),
    ("/api/project/main/repos/upload_code", None, (422, 422, 422, 422, 422)),
    ("/api/files/get_archive_by_hash", {"hash": "0" * 64}, (400, 400, 400, 400, 400)),
    ("/api/files/upload_archive", None, (422, 422, 422, 422, 422)),
    ("/api/project/main/repos/delete", {"repos_ids": ["no"]}, (200, 200, 200, 200, 403)),
    ("/api/project/main/secrets/list", None, (200, 200, 403, 403, 403)),
    ("/api/project/main/secrets/get", {"name": "no"}, (400, 400, 403, 403, 403)),
    ("/api/project/main/secrets/create_or_update", {"name": "S", "value": "v"}, (200, 200, 403, 403, 403)),
    ("/api/project/main/secrets/delete", {"secrets_names": []}, (200, 200, 403, 403, 403)),
    ("/api/instances/list", {}, (200, 200, 200, 200, 200)),
    ("/api/project/main/instances/get", {"id": NOBODY_S_ATTEMPT}, (400, 400, 400, 400, 403)),
    (
        "/api/project/main/instances/get_instance_health_checks",
        {"fleet_name": "local", "instance_num": 9},
        (400, 400, 400, 400, 403),
    ),
    ("/api/backends/list_types", None, (200, 200, 200, 200, 200)),
    ("/api/project/main/backends/remote/config_info", None, (400, 400, 403, 403, 403)),
    ("/api/project/main/backends/remote/get_yaml", None, (200, 200, 403, 403, 403)),
    ("/api/project/main/backends/create", {"type": "aws"}, (400, 400, 403, 403, 403)),
    ("/api/project/main/backends/update", {"type": "aws"}, (400, 400, 403, 403, 403)),
    ("/api/project/main/backends/create_yaml", {"config_yaml": ""}, (400, 400, 403, 403, 403)),
    ("/api/project/main/backends/update_yaml", {"config_yaml": ""}, (400, 400, 403, 403, 403)),
    ("/api/project/main/backends/delete", {"backends_names": []}, (200, 200, 403, 403, 403)),
    ("/api/volumes/list", {}, (200, 200, 200, 200, 200)),
    ("/api/project/main/volumes/list", None, (200, 200, 200, 200, 403)),
    ("/api/project/main/volumes/get", {"name": "no"}, (400, 400, 400, 400, 403)),
    ("/api/project/main/volumes/create", {}, (400, 400, 400, 400, 403)),
    ("/api/project/main/volumes/delete", {"names": ["no"]}, (200, 200, 200, 200, 403)),
    ("/api/project/main/gateways/list", None, (200, 200, 200, 200, 403)),
    ("/api/project/main/gateways/get", {"name": "no"}, (400, 400, 400, 400, 403)),
    ("/api/project/main/gateways/get_plan", {}, (400, 400, 403, 403, 403)),
    ("/api/project/main/gateways/apply", {}, (400, 400, 403, 403, 403)),
    ("/api/project/main/gateways/create", {}, (400, 400, 403, 403, 403)),
    ("/api/project/main/gateways/delete", {"names": ["no"]}, (200, 200, 403, 403, 403)),
    ("/api/project/main/gateways/set_default", {"name": "no"}, (400, 400, 403, 403, 403)),
    ("/api/project/main/gateways/set_wildcard_domain", {"name": "no"}, (400, 400, 403, 403, 403)),
    ("/api/project/main/templates/list", None, (200, 200, 200, 200, 403)),
    ("/api/project/main/exports/create", {}, (400, 400, 403, 403, 403)),
    ("/api/project/main/exports/update", {}, (400, 400, 403, 403, 403)),
    ("/api/project/main/exports/delete", {}, (400, 400, 403, 403, 403)),
    ("/api/project/main/exports/list", None, (400, 400, 400, 400, 403)),
    ("/api/project/main/imports/delete", {}, (400, 400, 403, 403, 403)),
    ("/api/project/main/imports/list", None, (400, 400, 400, 400, 403)),
    ("/api/sshproxy/get_upstream", {"id": "x"}, (403, 403, 403, 403, 403)),
    ("/api/auth/get_next_redirect", {"code": "x", "state": "y"}, (400, 400, 400, 400, 400)),
    ("/api/auth/github/authorize", {}, (400, 400, 400, 400, 400)),
    ("/api/auth/github/callback", {}, (400, 400, 400, 400, 400)),
    ("/api/project/main/gpus/list", {"run_spec": TASK}, (200, 200, 200, 200, 403)),
    ("/api/project/main/fleets/list", None, (200, 200, 200, 200, 403)),
    ("/api/project/main/fleets/get", {"name": "local"}, (200, 200, 200, 200, 403)),
    ("/api/project/main/fleets/get_plan", {"spec": FLEET}, (200, 200, 200, 200, 403)),
    ("/api/project/main/fleets/apply", {"plan": {"spec": FLEET}, "force": False}, (200, 200, 200, 200, 403)),
    (
        "/api/project/main/fleets/delete_instances",
        {"name": "nobody", "instance_nums": [0]},
        (200, 200, 200, 200, 403),
    ),
    ("/api/project/main/fleets/delete", {"names": ["nobody"]}, (200, 200, 200, 200, 403)),
]
ROLES = ["global admin", "admin", "manager", "user", "stranger"]


async def token_of(world: World, who: str) -> str:
    if who == "global admin":
        return ADMIN
    return await world.join(f"a-{who}", None if who == "stranger" else who)


def named(body: Any, name: str) -> Any:
    """With a name of its own for whatever it makes."""
    text = json.dumps(body)
    return json.loads(text.replace('"made"', f'"{name}"').replace('"new"', f'"{name}"'))


@pytest.mark.parametrize(("path", "body", "statuses"), TABLE, ids=[row[0] for row in TABLE])
async def test_each_role_may_do_what_the_table_says(
    world: World, path: str, body: Any, statuses: tuple[int, ...]
) -> None:
    await world.submit("seen")
    await world.join("seen")
    for who, status in zip(ROLES, statuses, strict=True):
        name = f"by-{who.replace(' ', '-')}"
        answer = await world.post(path, named(body, name), token=await token_of(world, who))
        assert answer.status == status, (who, answer.body)
        if status == 403:
            assert answer.body == {"detail": {"msg": "Access denied", "code": None}}


def test_the_table_has_every_call_of_a_project() -> None:
    missing = {route.path for route in ROUTES if route.method == "POST"} - {
        path.replace("/main/", "/{project}/")
        .replace("/remote/", "/{backend}/")
        .replace("/github/", "/{provider}/")
        for path, _, _ in TABLE
    }
    assert missing == set()


async def test_lists_hold_what_the_caller_may_read(world: World) -> None:
    stranger = await world.join("stranger")
    await world.submit("theirs")
    await world.post("/api/projects/create", {"project_name": "own"}, token=stranger)

    runs = (await world.post("/api/runs/list", {}, token=stranger)).body
    fleets = (await world.post("/api/fleets/list", {}, token=stranger)).body
    projects = (await world.post("/api/projects/list", token=stranger)).body
    events = (await world.post("/api/events/list", {}, token=stranger)).body

    assert runs == []
    assert fleets == []
    assert [project["project_name"] for project in projects] == ["own"]
    assert sorted(event["message"] for event in events) == ["Project created", "User created"]


async def test_a_public_project_is_read_by_all_and_used_by_its_members(world: World) -> None:
    stranger = await world.join("stranger")
    await world.post("/api/projects/create", {"project_name": "open", "is_public": True})

    read = await world.post("/api/projects/open/get", token=stranger)
    plan = {"plan": {"run_spec": TASK}, "force": False}
    used = await world.post("/api/project/open/runs/apply", plan, token=stranger)

    assert (read.status, used.status) == (200, 403)


async def test_ids_of_another_project_s_things_lead_nowhere(world: World) -> None:
    stranger = await world.join("stranger")
    await world.post("/api/projects/create", {"project_name": "own"}, token=stranger)
    theirs = (await world.submit("theirs")).body
    attempt = await world.print("theirs", b"secret")
    fleet_id = await world.make_fleet("their-fleet", project_id=world.project.id)

    run = await world.post("/api/project/own/runs/get", {"id": theirs["id"]}, token=stranger)
    body = {"run_name": "theirs", "job_submission_id": attempt}
    output = await world.post("/api/project/own/logs/poll", body, token=stranger)
    fleet = await world.post("/api/project/own/fleets/get", {"id": fleet_id}, token=stranger)

    assert (run.status, fleet.status) == (400, 400)
    assert output.body["logs"] == []


async def test_a_project_s_secrets_are_no_other_project_s(world: World) -> None:
    stranger = await world.join("stranger")
    await world.post("/api/projects/create", {"project_name": "own"}, token=stranger)
    await world.in_main("secrets/create_or_update", {"name": "S", "value": "v"})

    listed = await world.post("/api/project/own/secrets/list", token=stranger)
    got = await world.post("/api/project/own/secrets/get", {"name": "S"}, token=stranger)

    assert (listed.body, got.status) == ([], 400)
