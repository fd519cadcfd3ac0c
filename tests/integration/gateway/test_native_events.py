"""The event feed for clients: pages and streams from any position, without gap or double, of what one may read."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from runfold.contracts import user
from tests.integration.gateway.test_faults import now, two_gateways, virtual
from tests.integration.gateway.world import World, a_world

EVENTS = "/api/runfold/v1/events"


class Subscriber:
    """Reads a stream as an EventSource does."""

    def __init__(self, pieces: AsyncGenerator[bytes]) -> None:
        self._pieces = pieces
        self.last_id: str | None = None

    async def next(self) -> dict[str, Any] | None:
        """The next event, or None at the end."""
        async for piece in self._pieces:
            fields = dict(line.split(": ", 1) for line in piece.decode().strip().split("\n"))
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                return json.loads(fields["data"])  # type: ignore[no-any-return]
        return None

    async def names(self, count: int) -> list[str]:
        """Of the next submitted runs."""
        found = [await self.next() for _ in range(count)]
        return [event["data"]["name"] for event in found if event is not None]


@asynccontextmanager
async def subscribed(world: World, **options: Any) -> AsyncGenerator[Subscriber]:
    answer = await world.call("GET", EVENTS, accept="text/event-stream", **options)
    assert (answer.status, answer.content_type) == (200, "text/event-stream"), answer.body
    assert answer.stream is not None
    async with aclosing(answer.stream) as pieces:
        yield Subscriber(pieces)


async def page(world: World, **query: Any) -> Any:
    token = query.pop("token", None)
    options = {"token": token} if token else {}
    answer = await world.get(EVENTS, query={k: str(v) for k, v in query.items()}, **options)
    assert answer.status == 200, answer.body
    return answer.body


async def test_pages_hold_every_event_once_and_in_order(world: World) -> None:
    for number in range(5):
        await world.submit(f"run-{number}")
    positions: list[int] = []
    after, more = 0, True

    while more:
        found = await page(world, after=after, limit=3)
        positions += [int(event["position"]) for event in found["events"]]
        after, more = found["next"], found["more"]

    assert positions == list(range(1, world.cell.position + 1))


async def test_an_event_is_a_cloudevent(world: World) -> None:
    run = (await world.submit("told")).body

    (event,) = (await page(world, types="run.RunSubmitted"))["events"]

    assert event["specversion"] == "1.0"
    assert event["type"] == "runfold.run.RunSubmitted"
    assert event["subject"] == f"run:{run['id']}"
    assert event["data"]["name"] == "told"


async def test_types_choose_by_routing_key_or_name_alone(world: World) -> None:
    await world.submit("told")

    found = (await page(world, types="run.RunSubmitted, JobSubmitted"))["events"]

    assert [event["type"] for event in found] == ["runfold.run.RunSubmitted", "runfold.job.JobSubmitted"]


async def test_a_page_goes_on_after_what_it_left_out(world: World) -> None:
    for number in range(5):
        await world.submit(f"run-{number}")

    first = await page(world, types="run.RunSubmitted", limit=2)
    second = await page(world, types="run.RunSubmitted", after=first["next"])
    third = await page(world, types="run.RunSubmitted", after=second["next"])

    named = [event["data"]["name"] for event in first["events"] + second["events"]]
    assert named == [f"run-{number}" for number in range(5)]
    assert (third["events"], third["more"]) == ([], False)


@pytest.mark.parametrize(
    "query",
    [
        {"after": "-2"},
        {"after": "x"},
        {"limit": "0"},
        {"limit": "1001"},
        {"types": "run.Nothing"},
        {"project": "nowhere"},
    ],
)
async def test_a_question_that_makes_no_sense_is_a_problem(world: World, query: dict[str, str]) -> None:
    answer = await world.get(EVENTS, query=query)
    assert (answer.status, answer.body["title"]) == (422, "Unprocessable Entity")
    assert answer.body["errors"][0]["loc"] == ["query", next(iter(query))]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_position_that_the_log_has_not_reached_is_refused_and_told(world: World, accept: str) -> None:
    last = world.cell.position
    at_the_end = await world.call("GET", EVENTS, query={"after": str(last)}, accept=accept)
    beyond = await world.call("GET", EVENTS, query={"after": str(last + 1)}, accept=accept)
    assert (at_the_end.status, beyond.status) == (200, 422)
    assert f"the log ends at position {last}" in json.loads(beyond.body)["errors"][0]["msg"]


async def test_secrets_are_left_out(world: World) -> None:
    (created,) = (await page(world, types="user.UserCreated"))["events"]
    assert "ssh_private_key" not in created["data"]


async def test_a_stream_has_what_was_and_what_comes(world: World) -> None:
    await world.submit("before")
    async with subscribed(world, query={"types": "run.RunSubmitted"}) as stream:
        assert await stream.names(1) == ["before"]
        waiting = asyncio.create_task(stream.names(1))
        await world.submit("after")
        assert await waiting == ["after"]


async def test_a_stream_resumes_where_it_was_cut_without_gap_or_double(world: World) -> None:
    for number in range(6):
        await world.submit(f"run-{number}")
    seen: list[str] = []
    last: str | None = None

    while len(seen) < 6:
        again = {"last_event_id": last} if last else {}
        async with subscribed(world, query={"types": "run.RunSubmitted"}, **again) as stream:
            seen += await stream.names(1)
            last = stream.last_id

    assert seen == [f"run-{number}" for number in range(6)]


async def test_last_event_id_goes_before_after_and_must_be_a_position(world: World) -> None:
    await world.submit("run-0")
    position = world.cell.position
    await world.submit("run-1")
    query = {"types": "run.RunSubmitted", "after": "0"}

    async with subscribed(world, query=query, last_event_id=str(position)) as stream:
        assert await stream.names(1) == ["run-1"]
    wrong = await world.call("GET", EVENTS, accept="text/event-stream", last_event_id="x")
    assert wrong.status == 422


async def test_a_slow_subscriber_gets_all_of_it_in_the_end(world: World) -> None:
    async with subscribed(world, query={"types": "run.RunSubmitted"}) as stream:
        for number in range(300):
            await world.submit(f"run-{number}")
        assert await stream.names(300) == [f"run-{number}" for number in range(300)]


async def test_the_cell_s_own_events_are_for_its_administrators(world: World) -> None:
    bob = await world.join("bob", "user")
    await world.submit("told")

    his = await page(world, token=bob)
    theirs = await page(world)

    assert {event.get("project") for event in his["events"]} == {world.project.id}
    assert any("project" not in event for event in theirs["events"])


async def test_only_readable_projects_are_in_a_stream_or_page(world: World) -> None:
    stranger = await world.join("stranger")
    await world.submit("theirs")
    await world.post("/api/projects/create", {"project_name": "own"}, token=stranger)
    plan = {"plan": {"run_spec": {"run_name": "his", "configuration": {"type": "task", "commands": ["x"]}}}}
    await world.post("/api/project/own/runs/apply", {**plan, "force": False}, token=stranger)

    query = {"types": "run.RunSubmitted"}
    async with subscribed(world, query=query, token=stranger) as stream:
        assert await stream.names(1) == ["his"]
    of_project = await page(world, project="own", types="run.RunSubmitted")
    assert [event["data"]["name"] for event in of_project["events"]] == ["his"]


async def test_a_stream_ends_with_the_grant_that_it_began_with(world: World) -> None:
    bob = await world.join("bob", "user")
    known = world.cell.user_named("bob")
    assert known is not None
    (grant,) = known.grants.values()
    await world.submit("before")
    async with subscribed(world, query={"types": "run.RunSubmitted"}, token=bob) as stream:
        assert await stream.names(1) == ["before"]
        waiting = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
        await world.happen(user.GrantRevoked(grant.id))
        await world.submit("after")

        assert await waiting is None


async def test_a_stream_ends_with_its_token(world: World) -> None:
    bob = await world.join("bob", "user")
    (token,) = [t for t in world.cell.tokens.values() if world.cell.users[t.user_id].name == "bob"]
    async with subscribed(world, token=bob) as stream:
        await world.happen(user.TokenRevoked(token.id))
        while await stream.next() is not None:
            pass
    assert (await world.get(EVENTS, token=bob)).status == 403


async def test_who_wants_only_what_is_yet_to_come_begins_at_the_end_and_knows_its_position(
    world: World,
) -> None:
    await world.submit("before")
    end = world.cell.position
    assert await page(world, after=-1) == {"events": [], "next": end, "more": False}

    async with subscribed(world, query={"after": "-1", "types": "run.RunSubmitted"}) as subscriber:
        await world.submit("after")
        assert await subscriber.names(1) == ["after"]

    answer = await world.call("GET", EVENTS, query={"after": "-1"}, accept="text/event-stream")
    assert answer.stream is not None
    async with aclosing(answer.stream) as pieces:
        position = world.cell.position
        assert await anext(pieces) == b": from position %d\nid: %d\n\n" % (position, position)


@virtual
async def test_a_silent_stream_says_that_it_lives() -> None:
    async with a_world() as world:
        end = world.cell.position
        answer = await world.call("GET", EVENTS, query={"after": str(end)}, accept="text/event-stream")
        assert answer.stream is not None
        began = now()
        async with aclosing(answer.stream) as pieces:
            assert await anext(pieces) == b": from position %d\nid: %d\n\n" % (end, end)
            assert (await anext(pieces)).startswith(b":")
        assert now() - began == pytest.approx(15, abs=0.5)


@virtual
async def test_a_stream_outlasts_a_log_that_is_away() -> None:
    async with two_gateways() as (near, far, line):
        await near.submit("before")
        await far.post("/api/runs/list", {})
        far.gateway.feed.forget()
        query = {"types": "run.RunSubmitted"}
        answer = await far.call("GET", EVENTS, query=query, accept="text/event-stream")
        assert answer.stream is not None
        async with aclosing(answer.stream) as pieces:
            line.cut = True
            assert await anext(pieces) == b": from position 0\nid: 0\n\n"
            assert await anext(pieces) == b": the event log does not answer\n\n"
            line.cut = False
            assert await Subscriber(pieces).names(1) == ["before"]


async def test_streams_end_when_the_gateway_stops() -> None:
    async with a_world() as world:
        end = world.cell.position
        answer = await world.call("GET", EVENTS, query={"after": str(end)}, accept="text/event-stream")
        assert answer.stream is not None
        stream = Subscriber(answer.stream)
        waiting = asyncio.create_task(stream.next())
        await asyncio.sleep(0)
    assert await waiting is None
