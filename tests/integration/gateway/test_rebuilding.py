"""Nothing that is answered hangs on how it came to be known: read models are dropped, and every answer is the same."""

import asyncio
import json
from dataclasses import replace
from typing import Any

from runfold.domain.run.encoding import decode, encode
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.runs import Generations
from runfold.log.rebuilder import Rebuilder
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.tasks import Tasks
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


class Watched(MemoryRunStore):
    """Says when a generation has become active."""

    def __init__(self) -> None:
        super().__init__()
        self.activated = asyncio.Event()

    async def replace(self, generations: Generations) -> bool:
        replaced = await super().replace(generations)
        if replaced and generations.building is None:
            self.activated.set()
        return replaced


async def test_answers_from_rows_are_those_from_memory_byte_for_byte(world: World) -> None:
    questions = await lived_in(world)
    before = await answers(world, questions)
    async with a_world(world.storage, log=world.writer) as other:
        await other.leave_memory()
        assert len(other.cell.runs) == 3
        assert await answers(other, questions) == before


async def test_what_was_spoiled_and_lost_is_rebuilt_byte_for_byte_by_one_call() -> None:
    runs, tasks = Watched(), Tasks()
    async with a_world(Storage(runs=runs)) as world:
        questions = await lived_in(world)
        await world.leave_memory()
        before = await answers(world, questions)
        (kept, *_), held = runs.rows[1], runs.rows[1]
        held[kept] = replace(held[kept], state=runs_of_others(held[kept].state), position=10**9)
        for run_id in list(held)[1:]:
            del held[run_id]

        async with a_world(world.storage, log=world.writer) as other:
            await other.leave_memory()
            assert [a.body for a in [await other.call("POST", *question) for question in questions]] != before
            rebuilder = Rebuilder(
                world.writer,
                runs,
                StoredRebuilds(runs, world.writer),
                world.storage.ids,
                tasks,
                activated=lambda: None,
            )
            runs.activated.clear()
            begun = await other.call("POST", "/api/runfold/v1/rebuild")
            again = await other.call("POST", "/api/runfold/v1/rebuild")
            assert json.loads(begun.body) == json.loads(again.body)
            assert json.loads(begun.body)["running"]
            rebuilder.start()
            await runs.activated.wait()
            await tasks.stop()
            progress = (await other.get("/api/runfold/v1/rebuild")).body

        assert (progress["generation"], progress["running"]) == (2, False)
        async with a_world(world.storage, log=world.writer) as fresh:
            await fresh.leave_memory()
            assert await answers(fresh, questions) == before


def runs_of_others(state: bytes) -> bytes:
    """A state that can be read, and is another one."""
    run = decode(state)
    run.message, run.jobs = "spoiled", []
    return encode(run)


async def test_only_administrators_rebuild_and_see_how_far_it_is(world: World) -> None:
    token = await world.join("ann", "admin")
    for method in ("GET", "POST"):
        assert (await world.call(method, "/api/runfold/v1/rebuild", token=token)).status == 403
    progress = (await world.get("/api/runfold/v1/rebuild")).body
    head = world.cell.position
    assert progress == {"generation": 0, "running": False, "position": 0, "head": head, "failure": None}


async def test_a_store_that_is_away_is_503(world: World) -> None:
    world.storage.runs.refusing = True
    answer = await world.call("POST", "/api/runfold/v1/rebuild")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
