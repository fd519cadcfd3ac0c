"""What a newcomer calls first, in the order in which it is called."""

import base64
from typing import Any

from tests.integration.gateway.world import ADMIN, World

TASK = {
    "configuration": {"type": "task", "commands": ["echo Start", "sleep 10", "echo Finish"]},
    "ssh_key_pub": "ssh-ed25519 AAAA me",
}


async def test_a_submitted_task_is_found_by_the_name_that_was_made_up_for_it(world: World) -> None:
    submitted = await world.in_main("runs/apply", {"plan": {"run_spec": TASK}, "force": False})
    name = submitted.body["run_spec"]["run_name"]

    found = await world.in_main("runs/get", {"run_name": name})

    assert (submitted.status, found.status) == (200, 200)
    assert found.body == submitted.body
    assert found.body["status"] == "submitted"
    assert found.body["run_spec"]["ssh_key_pub"] == "ssh-ed25519 AAAA me"


async def test_the_run_is_followed_to_its_end(world: World) -> None:
    host = await world.add_host()
    await world.submit("hello-api", "echo hello world")
    run = (await world.in_main("runs/get", {"run_name": "hello-api"})).body
    statuses = [run["status"]]

    for step in (world.place("hello-api", host), world.start("hello-api", host), world.finish("hello-api")):
        await step
        run = (await world.in_main("runs/get", {"run_name": "hello-api"})).body
        statuses.append(run["status"])

    assert statuses == ["submitted", "provisioning", "running", "done"]
    assert run["termination_reason"] == "all_jobs_done"
    assert run["latest_job_submission"]["exit_status"] == 0
    assert (run["status_message"], run["latest_job_submission"]["status_message"]) == ("done", "exited (0)")
    assert run["fleet"]["name"] == "local"


async def test_its_output_is_polled_page_by_page_until_there_is_no_token(world: World) -> None:
    await world.submit("talker")
    attempt = await world.print("talker", b"Start\n", b"\xff not text\n", b"Finish\n")
    body = {"run_name": "talker", "job_submission_id": attempt, "limit": 2}

    first = (await world.in_main("logs/poll", body)).body
    second = (await world.in_main("logs/poll", {**body, "next_token": first["next_token"]})).body

    messages = [base64.b64decode(event["message"]) for event in first["logs"] + second["logs"]]
    assert messages == [b"Start\n", b"\xff not text\n", b"Finish\n"]
    assert second["next_token"] is None
    assert first["external_url"] is None


async def test_output_goes_on_from_the_last_timestamp(world: World) -> None:
    await world.submit("talker")
    attempt = await world.print("talker", b"one", b"two", b"three")
    body = {"run_name": "talker", "job_submission_id": attempt}
    everything = (await world.in_main("logs/poll", body)).body["logs"]

    rest = await world.in_main("logs/poll", {**body, "start_time": everything[1]["timestamp"]})
    backwards = await world.in_main("logs/poll", {**body, "descending": True, "limit": 2})

    assert rest.body["logs"] == everything[2:]
    assert backwards.body["logs"] == everything[:0:-1]


async def test_output_of_what_is_not_the_run_s_is_empty(world: World) -> None:
    await world.submit("talker")
    await world.submit("other")
    attempt = await world.print("talker", b"secret")
    nothing: dict[str, Any] = {"logs": [], "external_url": None, "next_token": None}

    for body in (
        {"run_name": "other", "job_submission_id": attempt},
        {"run_name": "talker", "job_submission_id": "3d1f3e67-b83e-445b-afdb-b356bb8fb11a"},
        {"run_name": "talker", "job_submission_id": attempt, "diagnose": True},
        {"run_name": "talker", "job_submission_id": attempt, "limit": 0},
    ):
        answer = await world.in_main("logs/poll", body)
        assert (answer.status, answer.body) == (200, nothing)


async def test_a_token_that_no_page_ended_with_is_refused(world: World) -> None:
    await world.submit("talker")
    attempt = await world.print("talker", b"text")

    for token in ("x", "-1", "1" * 30):
        answer = await world.in_main(
            "logs/poll", {"run_name": "talker", "job_submission_id": attempt, "next_token": token}
        )
        assert answer.status == 400
        assert answer.body["detail"][0]["msg"].startswith(f"Invalid next_token: {token}.")


async def test_my_user_has_the_token_that_was_sent_and_a_key_pair(world: World) -> None:
    me = (await world.post("/api/users/get_my_user")).body

    assert (me["username"], me["global_role"]) == ("admin", "admin")
    assert me["creds"] == {"token": ADMIN}
    assert me["ssh_public_key"].startswith("ssh-ed25519 ")
    assert me["ssh_public_key"].endswith(" admin\n")
    assert me["ssh_private_key"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


async def test_without_a_key_of_its_own_a_run_gets_the_user_s(world: World) -> None:
    me = (await world.post("/api/users/get_my_user")).body

    run = (await world.submit("mine")).body

    assert run["run_spec"]["ssh_key_pub"] == me["ssh_public_key"]


async def test_health_and_version_need_no_token(world: World) -> None:
    assert (await world.get("/healthcheck", token=None)).body == {"status": "running"}
    assert (await world.post("/api/server/get_info", token=None)).body == {"server_version": "0.22.5"}
    assert b'href="/api/docs"' in (await world.call("GET", "/", token=None)).body


async def test_a_plan_shows_what_would_run_and_where(world: World) -> None:
    await world.add_host(cpu=4, gib=16)
    spec = {"configuration": {"type": "task", "commands": [":"], "image": "scratch", "resources": {"gpu": 0}}}

    plan = (await world.in_main("runs/get_plan", {"run_spec": spec, "max_offers": 5})).body

    (job_plan,) = plan["job_plans"]
    assert plan["action"] == "create"
    assert plan["run_spec"]["run_name"] is None
    assert plan["effective_run_spec"]["configuration"]["priority"] == 0
    assert job_plan["job_spec"]["job_name"] == "dry-run-0-0"
    assert job_plan["total_offers"] == 1
    assert job_plan["offers"][0]["backend"] == "remote"
    assert job_plan["offers"][0]["availability"] == "idle"
    assert job_plan["offers"][0]["instance"]["resources"]["cpus"] == 4


async def test_the_fleet_of_the_guide_is_planned_made_and_listed(world: World) -> None:
    await world.add_host()
    configuration = {
        "type": "fleet",
        "name": "cpu-fleet",
        "nodes": "0..1",
        "idle_duration": "1h",
        "resources": {"gpu": 0},
    }
    spec = {"configuration": configuration, "profile": {}}

    plan = (await world.in_main("fleets/get_plan", {"spec": spec})).body
    made = (await world.in_main("fleets/apply", {"plan": {"spec": spec}, "force": False})).body
    listed = (await world.in_main("fleets/list", {"include_imported": True})).body

    assert (plan["action"], plan["total_offers"]) == ("create", 1)
    assert made["status"] == "active"
    assert made["spec"]["configuration"]["nodes"] == {"min": 0, "max": 1}
    assert made["spec"]["configuration"]["idle_duration"] == 3600
    assert [fleet["name"] for fleet in listed] == ["cpu-fleet", "local"]
