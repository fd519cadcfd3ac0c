"""The SDK against a gateway that listens: both clients, whole and with other rights."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio

from runfold.client import AsyncClient, Client
from runfold.client.calls.runs import get, spec
from runfold.client.errors import Denied, Exists, Malformed, NotFound, Refused, Unreachable
from runfold.client.transport.connect import Connect
from runfold.client.transport.retry import Retry
from tests.integration.client.cli import url_of
from tests.integration.gateway.world import ADMIN, World, a_world

TASK = {"type": "task", "commands": ["echo hello"]}


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made


@pytest_asyncio.fixture
async def client(world: World) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(Connect(url_of(world), ADMIN)) as made:
        yield made


async def test_a_run_is_planned_submitted_found_listed_stopped_and_deleted(
    world: World, client: AsyncClient
) -> None:
    wanted = spec(TASK, name="hello")
    plan = await client.runs.plan(wanted, max_offers=1)
    assert (plan.action, plan.current_resource, plan.job_plans[0].total_offers) == ("create", None, 0)
    run = await client.runs.apply(wanted)
    assert (run.name, run.status, run.user) == ("hello", "submitted", "admin")
    assert await client.runs.get("hello") == await client.runs.get(id=run.id) == run
    assert [each.id for each in await client.runs.list(only_active=True)] == [run.id]

    await client.runs.stop("hello", abort=True)
    await world.finish("hello", "terminated", "aborted_by_user", None)
    assert (await client.runs.get("hello")).final
    await client.runs.delete("hello")
    with pytest.raises(NotFound, match="Run not found"):
        await client.runs.get("hello")


async def test_pages_of_runs_follow_each_other(world: World, client: AsyncClient) -> None:
    for number in range(3):
        await world.submit(f"run-{number}")
    first = await client.runs.list(limit=2)
    rest = await client.runs.list(limit=2, before=first[-1])
    assert [run.name for run in (*first, *rest)] == ["run-2", "run-1", "run-0"]


async def test_output_and_events_are_read_whole(world: World, client: AsyncClient) -> None:
    await world.start_of("hello")
    begin = (await client.events.happened()).next
    await world.print("hello", b"one\n", b"two\n")
    await world.finish("hello")
    run = await client.runs.get("hello")
    (submission,) = run.jobs[0].job_submissions
    assert b"".join([event.data async for event in client.logs.read(run, submission)]) == b"one\ntwo\n"

    assert (await client.wait(run)).status == "done"
    async with aclosing(client.events.follow("run.RunFinished", after=begin)) as events:
        event = await asyncio.wait_for(anext(events), 10)
    assert (event.kind, event.data["run_id"]) == ("run.RunFinished", run.id)
    told = await client.events.list(filters={"target_runs": [run.id]})
    assert told[0].targets[0].name == "hello"


async def test_fleets_offers_projects_and_who_asks_are_shown(world: World, client: AsyncClient) -> None:
    await world.add_host()
    assert [fleet.name for fleet in await client.fleets.list()] == ["local"]
    assert len((await client.fleets.get("local")).instances) == 1
    assert (await client.offers.list({"gpu": 0})).job_plans[0].total_offers == 1
    assert (await client.offers.grouped()).cpus
    assert [project.project_name for project in await client.projects.list()] == ["main"]
    assert (await client.projects.me()).username == "admin"


async def test_refusals_are_told_apart(world: World, client: AsyncClient) -> None:
    with pytest.raises(Malformed, match="commands"):
        await client.runs.apply(spec({"type": "task", "commands": 3}, name="x"))
    with pytest.raises(Exists):
        await client.projects.create("main")
    with pytest.raises(Refused, match="not yet supported"):
        await client.runs.plan(spec({"type": "service", "port": 80, "commands": ["x"]}))
    async with AsyncClient(Connect(url_of(world), "wrong")) as stranger:
        with pytest.raises(Denied, match="Invalid token"):
            await stranger.runs.list()
    async with AsyncClient(Connect(url_of(world), await world.join("guest"))) as guest:
        with pytest.raises(Denied):
            await guest.runs.get("hello")


async def test_nobody_there_is_told_without_hanging() -> None:
    connect = Connect("http://127.0.0.1:1", "t", retry=Retry(attempts=2, base=0, most=0))
    async with AsyncClient(connect) as client:
        with pytest.raises(Unreachable, match="does not answer"):
            await client.runs.list()


async def test_the_client_that_waits_says_the_same(world: World, client: AsyncClient) -> None:
    def work() -> None:
        with Client(Connect(url_of(world), ADMIN)) as waiting:
            run = waiting.runs.apply(spec(TASK, name="waited"))
            begin = waiting.events.happened().next
            waiting.runs.stop("waited")
            event = next(waiting.events.follow("run.RunStopRequested", after=begin))
            assert event.data["run_id"] == run.id
            assert waiting.send(get("main", "waited").plain())["id"] == run.id

    await asyncio.to_thread(work)
    assert [run.name for run in await client.runs.list()] == ["waited"]
