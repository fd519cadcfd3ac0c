"""Planning and applying over an active run: changed in place where only its priority differs, else refused."""

from typing import Any

import pytest

from tests.integration.gateway.test_runs import ACTIVE, CHANGED, refusal
from tests.integration.gateway.world import World


def spec(name: str = "worker", **configuration: Any) -> dict[str, Any]:
    return {"run_name": name, "configuration": {"type": "task", "commands": ["x"], **configuration}}


async def plan(world: World, **configuration: Any) -> Any:
    return (await world.in_main("runs/get_plan", {"run_spec": spec(**configuration)})).body


async def apply(world: World, planned: Any, *, force: bool = False) -> Any:
    sent = {"run_spec": planned["run_spec"], "current_resource": planned["current_resource"]}
    return await world.in_main("runs/apply", {"plan": sent, "force": force})


async def test_what_differs_by_its_priority_alone_is_changed_in_place(world: World) -> None:
    before = (await world.submit("worker", "x")).body
    planned = await plan(world, priority=7)

    after = (await apply(world, planned)).body

    assert planned["action"] == "update"
    assert planned["current_resource"]["id"] == after["id"] == before["id"]
    assert after["run_spec"]["configuration"]["priority"] == 7
    assert after["run_spec"] == planned["effective_run_spec"]
    assert world.run("worker").priority == 7
    listed = (await world.post("/api/runs/list", {})).body
    assert [each["run_spec"]["configuration"]["priority"] for each in listed] == [7]


async def test_a_change_is_told(world: World) -> None:
    run = (await world.submit("worker", "x")).body
    await apply(world, await plan(world, priority=7))

    told = (await world.post("/api/events/list", {"target_runs": [run["id"]], "limit": 1})).body

    assert told[0]["message"] == "Run updated. Deployment: 0. Changed fields: priority"
    assert told[0]["actor_user"] == "admin"


async def test_what_does_not_differ_changes_nothing(world: World) -> None:
    run = (await world.submit("worker", "x")).body
    planned = await plan(world, priority=0)
    position = world.cell.position

    answer = await apply(world, planned)

    assert planned["action"] == "update"
    assert (answer.status, answer.body["id"]) == (200, run["id"])
    assert world.cell.position == position


@pytest.mark.parametrize("other", [{"commands": ["y"]}, {"env": {"A": "1"}}, {"priority": 3, "nodes": 2}])
async def test_what_differs_in_more_takes_another_run(world: World, other: dict[str, Any]) -> None:
    await world.submit("worker", "x")
    planned = await plan(world, **other)

    answer = await apply(world, planned)

    assert planned["action"] == "create"
    assert (answer.status, answer.body) == (400, refusal(ACTIVE))


async def test_what_changed_since_it_was_planned_is_refused_unless_forced(world: World) -> None:
    await world.submit("worker", "x")
    stale = await plan(world, priority=3)
    await apply(world, await plan(world, priority=7))

    refused = await apply(world, stale)
    forced = await apply(world, stale, force=True)

    assert (refused.status, refused.body) == (400, refusal(CHANGED))
    assert forced.body["run_spec"]["configuration"]["priority"] == 3


async def test_another_run_of_the_name_is_not_the_one_that_was_planned_for(world: World) -> None:
    await world.submit("worker", "x")
    stale = await plan(world, priority=3)
    await world.finish("worker")
    await world.submit("worker", "x")

    answer = await apply(world, stale)

    assert (answer.status, answer.body) == (400, refusal(CHANGED))


async def test_a_run_that_is_being_stopped_is_changed_no_more(world: World) -> None:
    await world.start_of("worker")
    await world.in_main("runs/stop", {"runs_names": ["worker"], "abort": False})

    answer = await world.submit("worker", "sleep 60", priority=3)
    planned = await world.in_main("runs/get_plan", {"run_spec": spec(commands=["sleep 60"], priority=3)})

    assert answer.status == 400
    assert planned.body["action"] == "create"


async def test_a_finished_run_is_planned_to_be_made_anew(world: World) -> None:
    await world.submit("worker", "x")
    await world.finish("worker")

    planned = await plan(world, priority=3)

    assert planned["action"] == "create"
    assert planned["current_resource"] is not None


async def test_an_update_is_whatever_the_client_knows_of_priorities(world: World) -> None:
    run = (await world.submit("worker", "x")).body
    body = {"plan": {"run_spec": spec(priority=5), "current_resource": {"id": run["id"]}}, "force": False}

    assert (await world.in_main("runs/apply", body)).body["run_spec"]["configuration"]["priority"] == 5
