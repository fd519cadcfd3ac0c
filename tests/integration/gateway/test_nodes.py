"""Distributed tasks: a job for each node, planned and submitted alike, and shown with where it stands among them."""

from typing import Any

import pytest

from runfold.contracts import job
from runfold.contracts.values import Gang
from tests.integration.gateway.world import World


async def plan(world: World, **configuration: Any) -> Any:
    spec = {"run_name": "spread", "configuration": {"type": "task", **configuration}}
    return (await world.in_main("runs/get_plan", {"run_spec": spec})).body


def names(jobs: list[Any]) -> list[str]:
    return [each["job_spec"]["job_name"] for each in jobs]


async def test_a_task_of_two_nodes_is_planned_and_submitted_as_two_jobs(world: World) -> None:
    await world.add_host()
    planned = await plan(world, commands=["x"], nodes=2)
    run = (await world.submit("spread", "x", nodes=2)).body

    assert names(planned["job_plans"]) == names(run["jobs"]) == ["spread-0-0", "spread-1-0"]
    assert [each["job_spec"] for each in planned["job_plans"]] == [each["job_spec"] for each in run["jobs"]]
    assert [each["total_offers"] for each in planned["job_plans"]] == [1, 1]
    second = run["jobs"][1]["job_spec"]
    assert (second["job_num"], second["jobs_per_replica"], second["node_group_job_index"]) == (1, 2, 1)
    assert second["requirements"]["multinode"]


async def test_its_jobs_are_a_gang(world: World) -> None:
    await world.submit("spread", "x", nodes=3, startup_order="master-first", stop_criteria="master-done")

    assert world.run("spread").gang == Gang(3, "master-first", "master-done", (3,))
    assert all(each.spec.host_network for each in world.run("spread").jobs)


async def test_one_node_is_no_gang(world: World) -> None:
    await world.submit("alone", "x", nodes=1, startup_order="master-first")

    assert world.run("alone").gang is None
    assert not world.job("alone").spec.host_network


async def test_profiles_say_in_what_order_nodes_begin(world: World) -> None:
    spec = {
        "run_name": "spread",
        "configuration": {"type": "task", "commands": ["x"], "nodes": 2},
        "profile": {"name": "p", "startup_order": "workers-first"},
    }
    await world.in_main("runs/apply", {"plan": {"run_spec": spec}, "force": False})

    gang = world.run("spread").gang
    assert gang is not None
    assert gang.startup_order == "workers-first"


GROUPS = [
    {"name": "head", "commands": ["lead"], "ports": [8000]},
    {"nodes": 2, "commands": ["follow ${{ groups[0].nodes[0].IP_ADDRESS }}"], "resources": {"cpu": 3}},
]


async def test_groups_have_commands_ports_and_resources_of_their_own(world: World) -> None:
    planned = await plan(world, groups=GROUPS)
    answer = await world.in_main("runs/apply", {"plan": {"run_spec": planned["run_spec"]}, "force": False})

    specs = [each["job_spec"] for each in answer.body["jobs"]]
    assert [
        (s["node_group_index"], s["node_group_name"], s["node_group_job_index"], s["job_num"]) for s in specs
    ] == [(0, "head", 0, 0), (1, "1", 0, 1), (1, "1", 1, 2)]
    made = [each.spec for each in world.run("spread").jobs]
    assert [each.requests.cpu for each in made] == [100, 3000, 3000]
    assert [each.ports for each in made] == [(8000,), (), ()]
    assert made[2].command[-1].endswith("follow ${{ groups[0].nodes[0].IP_ADDRESS }}")
    assert world.run("spread").gang == Gang(3, groups=(1, 2))


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"nodes": 1001}, "nodes: 1000 is the most"),
        ({"commands": ["${{ groups[1].nodes[0].IP_ADDRESS }}"]}, "commands: there is no groups[1].nodes[0]"),
    ],
)
async def test_what_no_gang_can_be_is_refused(
    world: World, configuration: dict[str, Any], message: str
) -> None:
    answer = await world.submit("spread", *configuration.pop("commands", ["x"]), **configuration)

    assert (answer.status, answer.body["detail"][0]["msg"]) == (400, message)


@pytest.mark.parametrize(
    "configuration",
    [
        {"nodes": 2},
        {"commands": ["x"]},
        {"groups": [{"name": "a", "commands": ["x"]}, {"name": "a", "commands": ["x"]}]},
        {"groups": [{"name": "a"}]},
        {"groups": []},
    ],
)
async def test_groups_stand_for_themselves(world: World, configuration: dict[str, Any]) -> None:
    spec = {"configuration": {"type": "task", "groups": GROUPS, **configuration}}
    answer = await world.in_main("runs/apply", {"plan": {"run_spec": spec}, "force": False})

    assert answer.status == 422


async def test_a_node_that_is_done_before_the_others_is_shown_so(world: World) -> None:
    instance = await world.add_host()
    await world.submit("spread", "x", nodes=2)
    await world.start("spread", instance)
    first = world.job("spread")
    now = world.storage.clock.now()
    await world.happen(
        job.AttemptExited(first.id, first.attempt.id, "done_by_runner", now, 0),
        job.OutputClosed(first.id, first.attempt.id, 0),
    )

    run = (await world.in_main("runs/get", {"run_name": "spread"})).body

    shown = run["jobs"][0]["job_submissions"][0]
    assert (shown["status"], shown["status_message"], shown["exit_status"]) == ("done", "exited (0)", 0)
    assert shown["finished_at"] is not None
    assert run["jobs"][1]["job_submissions"][0]["status"] == "provisioning"
    assert run["jobs"][1]["job_submissions"][0]["job_runtime_data"]["network_mode"] == "host"


async def test_as_many_nodes_as_a_gang_may_have_fit_into_the_log(world: World) -> None:
    instance = await world.add_host(cpu=1000, gib=4096)
    answer = await world.submit("wide", "python train.py", nodes=1000)
    assert answer.status == 200

    await world.place("wide", instance)

    assert sum(each.attempt.placed_at is not None for each in world.run("wide").jobs) == 1000
