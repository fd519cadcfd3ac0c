"""Nothing that is answered hangs on how it came to be known: read models are dropped, and every answer is the same."""

from typing import Any

from tests.integration.gateway.world import Storage, World, a_world

P = "/api/project/main"


async def lived_in(world: World) -> list[tuple[str, Any]]:
    """A history with some of everything; the questions to ask about it."""
    host = await world.add_host()
    for name in ("waiting", "running", "stopping", "over", "deleted"):
        await world.submit(name)
    for name in ("running", "stopping", "over"):
        await world.start(name, host)
    await world.in_main("runs/stop", {"runs_names": ["stopping"], "abort": False})
    await world.finish("over", "failed", "container_exited_with_error", 7)
    await world.finish("deleted")
    await world.in_main("runs/delete", {"runs_names": ["deleted"]})
    spec = {"configuration": {"type": "fleet", "name": "own", "nodes": 1}, "profile": {}}
    await world.in_main("fleets/apply", {"plan": {"spec": spec}, "force": False})
    attempt = await world.print("over", b"text")
    return [
        ("/api/users/get_my_user", None),
        ("/api/projects/list", None),
        ("/api/projects/main/get", None),
        ("/api/runs/list", {}),
        ("/api/runs/list", {"only_active": True, "job_submissions_limit": 1}),
        ("/api/fleets/list", {"include_imported": True}),
        ("/api/events/list", {}),
        (f"{P}/runs/get_plan", {"run_spec": {"configuration": {"type": "task", "commands": ["x"]}}}),
        (f"{P}/logs/poll", {"run_name": "over", "job_submission_id": attempt}),
        *((f"{P}/runs/get", {"run_name": name}) for name in ("waiting", "running", "stopping", "over")),
    ]


async def answers(world: World, questions: list[tuple[str, Any]]) -> list[bytes]:
    found = [await world.call("POST", path, body) for path, body in questions]
    found.append(await world.call("GET", "/api/runfold/v1/events", query={"limit": "1000"}))
    assert {answer.status for answer in found} == {200}
    return [answer.body for answer in found]


async def test_a_gateway_that_folds_everything_anew_says_the_same_byte_for_byte(world: World) -> None:
    questions = await lived_in(world)
    before = await answers(world, questions)

    async with a_world(world.storage, log=world.writer) as other:
        assert await answers(other, questions) == before
    assert await answers(world, questions) == before


async def test_so_it_does_after_a_restart() -> None:
    storage = Storage()
    async with a_world(storage) as world:
        questions = await lived_in(world)
        before = (await answers(world, questions))[:-1]
    async with a_world(storage) as world:
        assert (await answers(world, questions))[:-1] == before
