"""What happened, in dstack's words, and the filters over it."""

from typing import Any

from runfold.contracts.instance import (
    InstanceEnded,
    InstanceEnding,
    InstanceRequested,
    InstanceReturned,
    InstanceSilent,
)
from tests.integration.gateway.world import World


async def events(world: World, **wanted: Any) -> list[dict[str, Any]]:
    answer = await world.post("/api/events/list", wanted)
    assert answer.status == 200, answer.body
    return list(answer.body)


async def messages(world: World, **wanted: Any) -> list[str]:
    return sorted(event["message"] for event in await events(world, **wanted))


async def test_a_run_s_life_is_told(world: World) -> None:
    await world.start_of("told")
    await world.in_main("runs/stop", {"runs_names": ["told"], "abort": False})
    run_id = world.run("told").id
    await world.finish("told", "failed", "container_exited_with_error", 3)

    assert await messages(world, within_runs=[run_id]) == sorted(
        [
            "Run submitted. Status: SUBMITTED",
            "Job created on run submission. Status: SUBMITTED",
            "Job assigned to instance.",
            "Job status changed SUBMITTED -> PROVISIONING",
            "Run status changed SUBMITTED -> PROVISIONING",
            "Job status changed PROVISIONING -> RUNNING",
            "Run status changed PROVISIONING -> RUNNING",
            "Run status changed RUNNING -> TERMINATING. Termination reason: STOPPED_BY_USER",
            "Job status changed RUNNING -> TERMINATING. Termination reason: CONTAINER_EXITED_WITH_ERROR",
            "Job status changed TERMINATING -> FAILED. Termination reason: CONTAINER_EXITED_WITH_ERROR",
            "Run status changed TERMINATING -> FAILED. Termination reason: JOB_FAILED",
        ]
    )


async def test_what_happens_at_once_is_told_in_its_order(world: World) -> None:
    await world.start_of("told")
    run_id = world.run("told").id

    downwards = [event["message"] for event in await events(world, within_runs=[run_id])]
    upwards = [event["message"] for event in await events(world, within_runs=[run_id], ascending=True)]

    assert (
        upwards
        == downwards[::-1]
        == [
            "Run submitted. Status: SUBMITTED",
            "Job created on run submission. Status: SUBMITTED",
            "Job assigned to instance.",
            "Job status changed SUBMITTED -> PROVISIONING",
            "Run status changed SUBMITTED -> PROVISIONING",
            "Job status changed PROVISIONING -> RUNNING",
            "Run status changed PROVISIONING -> RUNNING",
        ]
    )


async def test_each_event_names_its_targets_and_who_did_it(world: World) -> None:
    run = (await world.submit("told")).body

    (submitted,) = await events(world, target_runs=[run["id"]])
    (created,) = await events(world, target_jobs=[run["latest_job_submission"]["id"]])

    project = {"project_id": world.project.id, "project_name": "main", "is_project_deleted": False}
    assert submitted["targets"] == [{"type": "run", **project, "id": run["id"], "name": "told"}]
    assert (submitted["actor_user"], submitted["is_actor_user_deleted"]) == ("admin", False)
    assert created["targets"][0]["name"] == "told-0-0"
    assert (created["actor_user"], created["actor_user_id"]) == (None, None)


async def test_fleets_and_instances_are_told_of_as_well(world: World) -> None:
    await world.add_host()
    local = world.cell.fleet_named(None, "local")
    assert local is not None
    spec = {"configuration": {"type": "fleet", "name": "own", "nodes": 0}, "profile": {}}
    made = (await world.in_main("fleets/apply", {"plan": {"spec": spec}, "force": False})).body
    await world.in_main("fleets/delete", {"names": ["own"]})

    assert await messages(world, within_fleets=[local.id]) == [
        "Fleet created. Status: ACTIVE",
        "Instance created to meet target fleet node count. Status: PENDING",
        "Instance status changed PENDING -> IDLE",
    ]
    assert await messages(world, target_fleets=[made["id"]]) == [
        "Fleet created. Status: ACTIVE",
        "Fleet status changed ACTIVE -> TERMINATING",
    ]


async def test_why_an_instance_ends_is_said_once(world: World) -> None:
    instance_id = await world.add_host()
    idled = ("idle_timeout", "Instance idle for 60s")
    await world.happen(InstanceEnding(instance_id, *idled))
    await world.happen(InstanceEnded(instance_id, *idled))

    told = await messages(world, target_instances=[instance_id])
    assert [message for message in told if "TERMINATING" in message] == [
        "Instance status changed IDLE -> TERMINATING. Termination reason: IDLE_TIMEOUT (Instance idle for 60s)",
        "Instance status changed TERMINATING -> TERMINATED",
    ]


async def test_what_comes_with_a_fleet_is_told_apart_and_is_nobody_s_doing(world: World) -> None:
    await world.add_host()
    spec = {"configuration": {"type": "fleet", "name": "own", "nodes": 1}, "profile": {}}
    made = (await world.in_main("fleets/apply", {"plan": {"spec": spec}, "force": False})).body

    told = await events(world, within_fleets=[made["id"]])
    assert sorted((event["message"], event["actor_user"]) for event in told) == [
        ("Fleet created. Status: ACTIVE", "admin"),
        ("Instance created on fleet submission. Status: PENDING", None),
    ]


async def test_filters_are_all_to_fit(world: World) -> None:
    bob = await world.join("bob", "user")
    await world.submit("mine")
    await world.submit("his", token=bob)
    user = world.cell.user_named("bob")
    assert user is not None

    assert await messages(world, include_target_types=["project"]) == [
        "Project created",
        "Project member added. Role: USER",
    ]
    assert await messages(world, target_users=[user.id]) == [
        "Project member added. Role: USER",
        "User created",
    ]
    assert await messages(world, actors=[user.id]) == ["Run submitted. Status: SUBMITTED"]
    assert (
        await messages(world, actors=[None], include_target_types=["job"])
        == ["Job created on run submission. Status: SUBMITTED"] * 2
    )
    his = world.run("his").id
    assert await messages(world, target_runs=[his], within_projects=[world.project.id]) == [
        "Run submitted. Status: SUBMITTED"
    ]
    assert await messages(world, target_runs=[world.project.id]) == []
    assert len(await messages(world, target_runs=[his, world.run("mine").id])) == 2


async def test_an_instance_made_for_a_job_is_news_within_the_job_s_run(world: World) -> None:
    local = world.cell.fleet_named(None, "local")
    assert local is not None
    await world.submit("waiting")
    job, instance_id = world.job("waiting"), world.storage.ids.uuid7()
    await world.happen(
        InstanceRequested(instance_id, local.id, local.nums, "local-0", "local", job_id=job.id)
    )

    (made,) = await events(world, within_runs=[job.run_id], include_target_types=["instance"])

    assert made["message"] == "Instance created for job. Instance status: PENDING"
    assert [(each["type"], each["id"]) for each in made["targets"]] == [
        ("instance", instance_id),
        ("job", job.attempt.id),
    ]
    assert made in await events(world, within_fleets=[local.id])


async def test_an_id_is_looked_for_among_what_the_filter_names(world: World) -> None:
    await world.start_of("told")
    run, fleet = world.run("told"), world.cell.fleet_named(None, "local")
    assert fleet is not None
    ids = {
        "projects": world.project.id,
        "runs": run.id,
        "fleets": fleet.id,
        "jobs": world.job("told").attempt.id,
    }

    for named in ("projects", "fleets", "runs", "gateways"):
        for thing, item in ids.items():
            found = await events(world, **{f"within_{named}": [item]})
            assert bool(found) == (named == thing), (named, thing)
    for named in ("projects", "fleets", "runs", "jobs", "gateway_replicas", "presets"):
        for thing, item in ids.items():
            found = await events(world, **{f"target_{named}": [item]})
            assert bool(found) == (named == thing), (named, thing)


async def test_one_filter_of_each_kind_is_taken(world: World) -> None:
    some = ["184572a7-5955-49dc-9a69-2e978cc52a30"]
    answer = await world.post("/api/events/list", {"target_runs": some, "target_fleets": some})
    told = "Value error, At most one target_* filter can be set at a time. Got target_fleets, target_runs"
    assert (answer.status, answer.body["detail"][0]["msg"]) == (422, told)
    answer = await world.post("/api/events/list", {"within_runs": some, "within_fleets": some})
    told = "Value error, At most one within_* filter can be set at a time. Got within_fleets, within_runs"
    assert (answer.status, answer.body["detail"][0]["msg"]) == (422, told)
    wrongs: list[dict[str, Any]] = [
        {"target_runs": []},
        {"limit": 0},
        {"limit": 101},
        {"target_runs": some * 17},
    ]
    for wrong in wrongs:
        assert (await world.post("/api/events/list", wrong)).status == 422


async def test_pages_go_back_without_gap_or_double(world: World) -> None:
    for number in range(5):
        await world.submit(f"run-{number}")
    everything = [event["id"] for event in await events(world)]
    seen: list[str] = []
    cursor: dict[str, Any] = {}

    while page := await events(world, limit=4, **cursor):
        seen += [event["id"] for event in page]
        cursor = {"prev_recorded_at": page[-1]["recorded_at"], "prev_id": page[-1]["id"]}

    assert seen == everything
    assert len(set(seen)) == len(seen)
    upwards = [event["id"] for event in await events(world, ascending=True)]
    assert upwards == everything[::-1]


async def test_an_instance_of_which_nothing_is_heard_is_unreachable_until_it_is_heard_again(
    world: World,
) -> None:
    await world.add_host()
    local = world.cell.fleet_named(None, "local")
    assert local is not None
    (instance,) = local.instances

    async def unreachable() -> bool:
        fleets = (await world.post("/api/project/main/fleets/list", {"include_imported": True})).body
        (shown,) = [each for fleet in fleets for each in fleet["instances"]]
        return bool(shown["unreachable"])

    assert not await unreachable()
    await world.happen(InstanceSilent(instance.id, 120))
    assert await unreachable()
    await world.happen(InstanceReturned(instance.id))
    assert not await unreachable()
    told = [event["message"] for event in await events(world, target_instances=[instance.id], ascending=True)]
    assert told[-2:] == ["Instance became unreachable", "Instance became reachable"]
