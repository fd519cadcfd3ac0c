"""Every answer has exactly the keys and types that the document says: rendered by hand, checked by the models."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from runfold.gateway.dialects.table import ROUTES
from runfold.gateway.ssh_keys import key_pair
from runfold.service.system import SystemIds
from tests.integration.gateway.world import World

SHAPES = {route.path: TypeAdapter(route.answers) for route in ROUTES if route.method == "POST"}
P = "/api/project/{project}"
FLEET = {
    "configuration": {"type": "fleet", "name": "own", "nodes": {"min": 0, "target": 1, "max": 2}},
    "profile": {},
}


async def check(world: World, path: str, body: Any = None) -> Any:
    answer = await world.post(path.replace("{project}", "main"), body)
    assert answer.status == 200, answer.body
    SHAPES[path].validate_python(answer.body, strict=False)
    return answer.body


async def test_a_run_has_its_shape_wherever_it_stands(world: World) -> None:
    host = await world.add_host(gpu=1)
    await world.submit("full", image="x", ports=["80:8080", "*:9000"], env=["A=1"], user="1:2", retry=True)
    by_name = {"run_name": "full"}
    await check(world, f"{P}/runs/get", by_name)
    await world.start("full", host)
    await check(world, f"{P}/runs/get", by_name)
    await world.finish("full", "failed", "container_exited_with_error", 3)
    await check(world, f"{P}/runs/get", by_name)
    await check(world, "/api/runs/list", {})


async def test_plans_have_their_shapes(world: World) -> None:
    await world.add_host()
    await world.submit("full")
    spec = {"run_name": "full", "configuration": {"type": "task", "commands": ["x"]}}
    plan = await check(world, f"{P}/runs/get_plan", {"run_spec": spec})
    assert plan["current_resource"]["run_spec"]["run_name"] == "full"
    await check(world, f"{P}/fleets/get_plan", {"spec": FLEET})
    await check(world, f"{P}/gpus/list", {"run_spec": spec, "group_by": ["backend", "region", "count"]})


async def test_fleets_and_instances_have_their_shapes(world: World) -> None:
    host = await world.add_host()
    await world.submit("busy")
    await world.place("busy", host)
    await check(world, f"{P}/fleets/apply", {"plan": {"spec": FLEET}, "force": False})
    (_, local) = await check(world, "/api/fleets/list", {"include_imported": True})
    assert local["instances"][0]["job_name"] == "busy-0-0"
    await check(world, f"{P}/fleets/list", {"include_imported": True})
    await check(world, f"{P}/fleets/get", {"name": "local"})


async def test_instances_wherever_they_stand_have_their_shapes(world: World) -> None:
    instance_id = await world.add_host()
    await check(world, "/api/instances/list", {"include_imported": True})
    await check(world, f"{P}/instances/get", {"id": instance_id})
    await check(
        world, f"{P}/instances/get_instance_health_checks", {"fleet_name": "local", "instance_num": 0}
    )


async def test_people_their_keys_and_secrets_have_their_shapes(world: World) -> None:
    bob = {"username": "bob", "global_role": "user"}
    key, _ = key_pair(SystemIds(), "ann")
    await check(world, "/api/users/create", bob)
    await check(world, "/api/users/update", bob | {"active": False})
    await check(world, "/api/users/list", {"return_total_count": True})
    await check(world, "/api/users/refresh_ssh_key", {"username": "admin"})
    await check(world, "/api/users/public_keys/add", {"key": key})
    assert len(await check(world, "/api/users/public_keys/list")) == 1
    await check(
        world,
        "/api/projects/{project}/add_members",
        {"members": [{"username": "bob", "project_role": "user"}]},
    )
    await check(world, "/api/projects/{project}/update", {"is_public": True})
    await check(world, f"{P}/secrets/create_or_update", {"name": "S", "value": "v"})
    await check(world, f"{P}/secrets/get", {"name": "S"})
    assert len(await check(world, f"{P}/secrets/list")) == 1
    await check(world, "/api/events/list", {})


async def test_users_projects_events_and_output_have_their_shapes(world: World) -> None:
    await world.submit("talker")
    attempt = await world.print("talker", b"text")
    await check(world, "/api/users/get_my_user")
    await check(world, "/api/projects/list")
    await check(world, "/api/projects/list", {"return_total_count": True})
    await check(world, "/api/projects/{project}/get")
    await check(world, "/api/events/list", {})
    await check(world, f"{P}/logs/poll", {"run_name": "talker", "job_submission_id": attempt})


@pytest.mark.parametrize("path", ["stop", "delete"])
async def test_what_returns_nothing_returns_null(world: World, path: str) -> None:
    body = {"runs_names": ["nobody"], "abort": False}
    answer = await world.in_main(f"runs/{path}", body)
    assert (answer.status, answer.body) == (200, None)
