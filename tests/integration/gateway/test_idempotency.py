"""An Idempotency-Key makes a repeated write the same: at once, later, after a restart, through another gateway."""

import asyncio
from typing import Any

import pytest

from tests.integration.gateway.world import Storage, World, a_world

PLAN = {"plan": {"run_spec": {"configuration": {"type": "task", "commands": ["x"]}}}, "force": False}
OTHER = {"plan": {"run_spec": {"configuration": {"type": "task", "commands": ["y"]}}}, "force": False}
FLEET = {"configuration": {"type": "fleet", "nodes": 0}, "profile": {}}


async def names(world: World) -> list[str]:
    return [run["run_spec"]["run_name"] for run in (await world.post("/api/runs/list", {})).body]


async def test_the_same_key_and_body_are_the_same_run(world: World) -> None:
    first = await world.in_main("runs/apply", PLAN, idempotency_key="k")
    second = await world.in_main("runs/apply", PLAN, idempotency_key="k")

    assert (second.status, second.body) == (first.status, first.body)
    assert len(await names(world)) == 1


async def test_it_is_answered_as_it_stands_now(world: World) -> None:
    first = (await world.in_main("runs/apply", PLAN, idempotency_key="k")).body
    name = first["run_spec"]["run_name"]
    await world.finish(name)

    again = (await world.in_main("runs/apply", PLAN, idempotency_key="k")).body

    assert (again["id"], again["status"]) == (first["id"], "done")


async def test_another_body_is_refused(world: World) -> None:
    await world.in_main("runs/apply", PLAN, idempotency_key="k")

    answer = await world.in_main("runs/apply", OTHER, idempotency_key="k")

    assert answer.status == 422
    assert answer.body["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert len(await names(world)) == 1


async def test_keys_of_other_users_and_paths_are_other_keys(world: World) -> None:
    bob = await world.join("bob", "user")
    await world.in_main("runs/apply", PLAN, idempotency_key="k")

    his = await world.in_main("runs/apply", OTHER, idempotency_key="k", token=bob)
    fleet = await world.in_main(
        "fleets/apply", {"plan": {"spec": FLEET}, "force": False}, idempotency_key="k"
    )

    assert (his.status, fleet.status) == (200, 200)


async def test_every_write_takes_one(world: World) -> None:
    async def twice(path: str, body: Any) -> None:
        first = await world.post(path, body, idempotency_key=path)
        position = world.cell.position
        second = await world.post(path, body, idempotency_key=path)
        assert (first.status, second.status) == (200, 200), (path, second.body)
        assert second.body == first.body
        assert world.cell.position == position

    await world.submit("known")
    await twice("/api/project/main/runs/stop", {"runs_names": ["known"], "abort": False})
    await world.finish("known")
    await twice("/api/project/main/runs/delete", {"runs_names": ["known"]})
    await twice("/api/projects/create", {"project_name": "new"})
    named = {**FLEET, "configuration": {**FLEET["configuration"], "name": "fleet-1"}}
    await twice("/api/project/main/fleets/apply", {"plan": {"spec": named}, "force": False})
    await twice("/api/project/main/fleets/delete", {"names": ["fleet-1"]})


async def test_a_write_without_events_keeps_none(world: World) -> None:
    path = "/api/project/main/runs/stop"
    await world.post(path, {"runs_names": ["nobody"], "abort": False}, idempotency_key="k")

    answer = await world.post(path, {"runs_names": ["nobody"], "abort": True}, idempotency_key="k")

    assert answer.status == 200
    assert world.cell.keys == {}


async def test_a_refused_write_keeps_none(world: World) -> None:
    refused = await world.submit("Bad_Name", idempotency_key="k")
    accepted = await world.submit("good-name", idempotency_key="k")

    assert (refused.status, accepted.status) == (400, 200)


async def test_many_at_once_are_one(world: World) -> None:
    answers = await asyncio.gather(
        *(world.in_main("runs/apply", PLAN, idempotency_key="k") for _ in range(20))
    )

    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len(await names(world)) == 1


async def test_it_holds_over_a_restart() -> None:
    storage = Storage()
    async with a_world(storage) as before:
        first = await before.in_main("runs/apply", PLAN, idempotency_key="k")

    async with a_world(storage) as after:
        second = await after.in_main("runs/apply", PLAN, idempotency_key="k")
        other = await after.in_main("runs/apply", OTHER, idempotency_key="k")

    assert second.body == first.body
    assert other.status == 422


async def test_it_holds_through_another_gateway(world: World) -> None:
    async with a_world(world.storage, log=world.writer) as other:
        first, second = await asyncio.gather(
            world.in_main("runs/apply", PLAN, idempotency_key="k"),
            other.in_main("runs/apply", PLAN, idempotency_key="k"),
        )
        assert first.body == second.body
        assert await names(world) == await names(other) == [first.body["run_spec"]["run_name"]]


@pytest.mark.parametrize("key", ["x" * 256, "tab\there"])
async def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    assert (await world.in_main("runs/apply", PLAN, idempotency_key=key)).status == 422
    assert await names(world) == []
