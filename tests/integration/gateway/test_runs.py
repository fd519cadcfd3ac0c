"""Runs under their names: taken, replaced, stopped, deleted, listed."""

from typing import Any

import pytest

from runfold.contracts import job, run
from runfold.contracts.values import Mount
from runfold.gateway.dialects.dstack import job_spec
from tests.integration.gateway.world import World, a_world

CHANGED = "Failed to apply plan. Resource has been changed. Try again or use force apply."
ACTIVE = "Cannot override active run. Stop the run first."


def refusal(message: str, code: str = "error") -> dict[str, Any]:
    return {"detail": [{"msg": message, "code": code}]}


async def test_a_name_of_an_active_run_is_not_taken_again(world: World) -> None:
    first = (await world.submit("twice")).body
    other = {**first["run_spec"]["configuration"], "commands": ["other"]}
    plan = {"run_spec": {**first["run_spec"], "configuration": other}}

    blind = await world.in_main("runs/apply", {"plan": plan, "force": False})
    forced = await world.in_main("runs/apply", {"plan": plan, "force": True})
    seen = await world.in_main("runs/apply", {"plan": {**plan, "current_resource": first}, "force": False})

    assert (blind.status, blind.body) == (400, refusal(CHANGED))
    assert (forced.status, forced.body) == (400, refusal(ACTIVE))
    assert (seen.status, seen.body) == (400, refusal(ACTIVE))


async def test_more_than_may_be_asked_for_is_refused_and_shown_where_it_was_taken_before_there_was_a_bound(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_spec, "MOST", 10**12)
    await world.submit("before", resources={"cpu": 10**10})
    monkeypatch.undo()

    after = await world.submit("after", resources={"cpu": 10**10})

    assert after.status == 400
    async with a_world(world.storage, log=world.writer) as other:
        (listed,) = (await other.post("/api/runs/list", {})).body
    assert listed["run_spec"]["configuration"]["resources"]["cpu"]["count"]["min"] == 10**10


async def test_a_finished_run_gives_way_to_one_of_its_name(world: World) -> None:
    first = (await world.submit("again")).body
    await world.finish("again")

    second = (await world.submit("again")).body

    listed = (await world.post("/api/runs/list", {})).body
    by_id = await world.in_main("runs/get", {"id": first["id"]})
    assert second["id"] != first["id"]
    assert [each["id"] for each in listed] == [second["id"]]
    assert (by_id.status, by_id.body) == (400, refusal("Run not found", "resource_not_exists"))


@pytest.mark.parametrize("name", ["Bad_Name", "1st", "a", "x" * 42, "tr-ä", "nl\n"])
async def test_a_malformed_name_is_refused(world: World, name: str) -> None:
    answer = await world.submit(name)

    message = "Resource name should match regex '^[a-z][a-z0-9-]{1,40}$'"
    assert (answer.status, answer.body) == (400, refusal(message))


async def test_the_name_may_stand_in_the_configuration(world: World) -> None:
    assert (await world.submit(None, name="inner")).body["run_spec"]["run_name"] == "inner"


async def test_stopping_shows_at_once_and_again_changes_nothing(world: World) -> None:
    await world.start_of("worker")
    stop = {"runs_names": ["worker", "nobody", "worker"], "abort": False}
    answers = [await world.in_main("runs/stop", stop)]
    stopped_at = world.cell.position
    answers.append(await world.in_main("runs/stop", stop))

    found = (await world.in_main("runs/get", {"run_name": "worker"})).body

    assert [(a.status, a.body) for a in answers] == [(200, None), (200, None)]
    assert world.cell.position == stopped_at
    assert (found["status"], found["termination_reason"]) == ("terminating", "stopped_by_user")


async def test_an_abort_after_a_stop_is_a_firmer_one(world: World) -> None:
    await world.start_of("worker")
    await world.in_main("runs/stop", {"runs_names": ["worker"], "abort": False})
    await world.in_main("runs/stop", {"runs_names": ["worker"], "abort": True})

    found = (await world.in_main("runs/get", {"run_name": "worker"})).body

    assert found["termination_reason"] == "aborted_by_user"


async def test_a_finished_run_is_stopped_in_vain(world: World) -> None:
    await world.submit("over")
    await world.finish("over")
    position = world.cell.position

    answer = await world.in_main("runs/stop", {"runs_names": ["over"], "abort": True})

    assert (answer.status, answer.body) == (200, None)
    assert world.cell.position == position


async def test_an_active_run_is_not_deleted_nor_any_other_with_it(world: World) -> None:
    for name in ("over", "busy-1", "busy-2"):
        await world.submit(name)
    await world.finish("over")

    answer = await world.in_main("runs/delete", {"runs_names": ["over", "busy-1", "busy-2"]})

    assert (answer.status, answer.body) == (400, refusal("Cannot delete active runs: ['busy-1', 'busy-2']"))
    assert (await world.in_main("runs/get", {"run_name": "over"})).status == 200


async def test_a_deleted_run_is_gone_and_its_name_free(world: World) -> None:
    await world.submit("over")
    await world.finish("over")

    answer = await world.in_main("runs/delete", {"runs_names": ["over", "nobody"]})

    assert (answer.status, answer.body) == (200, None)
    gone = await world.in_main("runs/get", {"run_name": "over"})
    assert (gone.status, gone.body) == (400, refusal("Run not found", "resource_not_exists"))
    assert (await world.post("/api/runs/list", {})).body == []
    assert (await world.submit("over")).status == 200


async def test_a_run_is_asked_for_by_name_or_id(world: World) -> None:
    answer = await world.in_main("runs/get", {})

    assert (answer.status, answer.body) == (400, refusal("run_name or id must be specified"))


async def test_lists_go_back_page_by_page_without_gap_or_double(world: World) -> None:
    for number in range(7):
        await world.submit(f"run-{number}")
    seen: list[str] = []
    cursor: dict[str, Any] = {}

    while page := (await world.post("/api/runs/list", {"limit": 3, **cursor})).body:
        seen += [each["run_spec"]["run_name"] for each in page]
        cursor = {"prev_submitted_at": page[-1]["submitted_at"], "prev_run_id": page[-1]["id"]}

    assert seen == [f"run-{number}" for number in reversed(range(7))]
    upwards = (await world.post("/api/runs/list", {"ascending": True, "limit": 2})).body
    assert [each["run_spec"]["run_name"] for each in upwards] == ["run-0", "run-1"]


async def test_runs_of_one_moment_are_listed_by_id(world: World) -> None:
    known = (await world.submit("first")).body
    events = [
        run.RunSubmitted(
            world.storage.ids.uuid4(),
            world.project.id,
            world.run("first").user_id,
            f"same-{n}",
            "dstack",
            world.run("first").request,
        )
        for n in range(5)
    ]
    await world.happen(*events)
    newest = sorted(event.run_id for event in events)

    listed = (await world.post("/api/runs/list", {})).body
    first = listed[2]
    after = {"prev_submitted_at": first["submitted_at"], "prev_run_id": first["id"]}
    rest = (await world.post("/api/runs/list", after)).body

    assert [each["id"] for each in listed] == [*newest, known["id"]]
    assert [each["id"] for each in rest] == [*newest[3:], known["id"]]


async def test_lists_can_be_of_active_runs_of_one_user_or_project(world: World) -> None:
    token = await world.join("bob", "user")
    await world.submit("over")
    await world.finish("over")
    await world.submit("mine")
    await world.submit("his", token=token)

    async def names(**wanted: Any) -> list[str]:
        listed = (await world.post("/api/runs/list", wanted)).body
        return [each["run_spec"]["run_name"] for each in listed]

    assert await names(only_active=True) == ["his", "mine"]
    assert await names(username="bob") == ["his"]
    assert await names(username="nobody") == []
    assert await names(project_name="main") == ["his", "mine", "over"]
    assert await names(project_name="nowhere") == []
    assert await names(repo_id="other") == []
    assert await names(limit=0) == []


async def test_jobs_can_be_left_out_or_their_submissions_be_limited(world: World) -> None:
    await world.submit("tried", retry={"on_events": ["error"]})
    known = world.job("tried")
    for _ in range(12):
        old, new = known.attempt.id, world.storage.ids.uuid4()
        await world.happen(job.JobRetryScheduled(known.id, known.run_id, old, "executor_error", 0))
        await world.happen(job.JobResubmitted(known.id, known.run_id, new))

    bare = (await world.post("/api/runs/list", {"include_jobs": False})).body[0]
    two = (await world.post("/api/runs/list", {"job_submissions_limit": 2})).body[0]
    none = (await world.post("/api/runs/list", {"job_submissions_limit": 0})).body[0]
    found = (await world.in_main("runs/get", {"run_name": "tried"})).body

    assert (bare["jobs"], bare["latest_job_submission"]) == ([], None)
    assert [s["submission_num"] for s in two["jobs"][0]["job_submissions"]] == [11, 12]
    assert (none["jobs"][0]["job_submissions"], none["latest_job_submission"]) == ([], None)
    assert [s["submission_num"] for s in found["jobs"][0]["job_submissions"]] == list(range(3, 13))
    assert found["latest_job_submission"]["id"] == known.attempt.id


async def test_a_refused_attempt_is_no_submission(world: World) -> None:
    host = await world.add_host()
    await world.submit("moved")
    await world.place("moved", host)
    known = world.job("moved")
    await world.happen(job.AttemptRefused(known.id, known.attempt.id, "executor_error", "too full"))
    refused = (await world.in_main("runs/get", {"run_name": "moved"})).body["latest_job_submission"]
    await world.happen(job.JobResubmitted(known.id, known.run_id, world.storage.ids.uuid4(), host, 1))
    moved = (await world.in_main("runs/get", {"run_name": "moved"})).body

    assert (refused["status"], refused["termination_reason"]) == ("submitted", None)
    assert [s["submission_num"] for s in moved["jobs"][0]["job_submissions"]] == [0]
    assert moved["status"] == "submitted"


async def test_a_registry_password_is_sealed_and_never_shown(world: World) -> None:
    auth = {"username": "me", "password": "hunter2-very-secret"}

    answer = await world.submit("private", image="registry/private", registry_auth=auth)

    assert answer.body["run_spec"]["configuration"]["registry_auth"] == {"username": "me", "password": "***"}
    stored = b"".join(bytes(commit.body) for commit in await world.storage.store.read(0, 1000))
    assert b"hunter2" not in stored
    sealed = world.job("private").spec.registry_auth
    assert sealed is not None
    assert sealed.password.key == f"project:{world.project.id}/2023-11"


async def test_a_repo_is_named_where_it_comes_from(world: World) -> None:
    answer = await world.submit("wants", repos=["."])
    assert answer.status == 400
    assert answer.body["detail"][0]["msg"].startswith("`repos` takes repo_id and repo_data of a remote repo")


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        ({"volumes": ["named:/b"]}, "`volumes` is"),
        ({"docker": True}, "`docker` is"),
        ({"dstack": True}, "`dstack` is"),
    ],
)
async def test_what_tasks_cannot_have_yet_is_refused(
    world: World, configuration: dict[str, Any], named: str
) -> None:
    answer = await world.submit("wants", **configuration)

    assert (answer.status, answer.body) == (400, refusal(f"{named} not yet supported"))


@pytest.mark.parametrize(
    ("kind", "more"), [("service", {"port": 80}), ("dev-environment", {"ide": "vscode"})]
)
async def test_services_and_dev_environments_are_refused_so_far(
    world: World, kind: str, more: dict[str, Any]
) -> None:
    spec = {"configuration": {"type": kind, **more}}
    for path, body in (
        ("runs/apply", {"plan": {"run_spec": spec}, "force": False}),
        ("runs/get_plan", {"run_spec": spec}),
    ):
        answer = await world.in_main(path, body)
        assert (answer.status, answer.body) == (
            400,
            refusal(f"Configurations of type {kind} are not yet supported"),
        )


async def test_what_a_task_may_ask_for_beside_is_kept_and_shown(world: World) -> None:
    policy = {"min_gpu_utilization": 10, "time_window": "5m"}
    run = (
        await world.submit(
            "full",
            "main",
            setup=["prepare"],
            volumes=["/data:/mnt", {"instance_path": "/more", "path": "/more", "optional": True}],
            utilization_policy=policy,
            tags={"team": "vision"},
            python="3.11",
        )
    ).body

    shown = run["jobs"][0]["job_spec"]
    assert shown["commands"][-1] == "prepare && main"
    assert shown["utilization_policy"] == {"min_gpu_utilization": 10, "time_window": 300}
    assert shown["volumes"] == [
        {"instance_path": "/data", "path": "/mnt", "optional": False},
        {"instance_path": "/more", "path": "/more", "optional": True},
    ]
    assert run["run_spec"]["configuration"]["tags"] == {"team": "vision"}
    made = world.job("full").spec
    assert made.mounts == (Mount("/data", "/mnt"), Mount("/more", "/more", optional=True))
    assert made.command[-1].endswith("prepare && main")


@pytest.mark.parametrize(
    "wrong",
    [
        {"python": "2.7"},
        {"python": "3.12", "image": "debian"},
        {"volumes": ["/a"]},
        {"volumes": ["/a:b"]},
        {"volumes": ["/a:/b:ro"]},
        {"utilization_policy": {"min_gpu_utilization": 10, "time_window": "1m"}},
    ],
)
async def test_what_no_task_can_ask_for_is_refused(world: World, wrong: dict[str, Any]) -> None:
    assert (await world.submit("wrong", "x", **wrong)).status == 422
