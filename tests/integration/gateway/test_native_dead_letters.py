"""Dead letters by the native API: listed, shown, replayed, discarded, and by administrators alone."""

import base64
import json
from typing import Any

import pytest

from runfold.bus.port import Message, Rejected
from runfold.bus.topology import FACTS, OUTPUT, Exchange
from tests.contract.bus.waiting import until
from tests.integration.gateway.world import World

LETTERS = "/api/runfold/v1/dead-letters"


async def bury(world: World, *messages: Message) -> None:
    async def refuse(_: Message) -> None:
        raise Rejected("no fact")

    subscription = await world.bus.consume(FACTS, refuse)
    for message in messages:
        await world.bus.publish(Exchange.FACTS, "log", message)

    async def all_dead() -> bool:
        return await world.bus.dead_letters.count(FACTS) == len(messages)

    await until(all_dead)
    await subscription.cancel()


async def listed(world: World, **query: str) -> dict[str, Any]:
    answer = await world.get(LETTERS, query=query)
    assert answer.status == 200, answer.body
    return {queue["queue"]: queue for queue in answer.body["queues"]}


async def delete(world: World, path: str, **options: Any) -> int:
    return (await world.call("DELETE", path, **options)).status


async def test_every_queue_is_listed_with_its_letters_and_why_they_failed(world: World) -> None:
    await bury(world, Message(b"\xff" + b"x" * 300, {"host": "a"}, message_id="1"), Message(b"2"))

    queues = await listed(world)

    assert queues["log.output"] == {"queue": "log.output", "count": 0, "letters": []}
    assert queues["log.facts"]["count"] == 2
    first, second = queues["log.facts"]["letters"]
    assert first["beginning"] == "\\xff" + "x" * 255
    assert (first["size"], first["headers"], first["reason"]) == (301, {"host": "a"}, "no fact")
    assert second["beginning"] == "2"


async def test_a_list_shows_as_many_of_each_as_are_asked_for_and_counts_them_all(world: World) -> None:
    await bury(world, *(Message(str(number).encode()) for number in range(5)))

    queue = (await listed(world, limit="2"))["log.facts"]

    assert (queue["count"], [letter["beginning"] for letter in queue["letters"]]) == (5, ["0", "1"])
    assert (await listed(world, limit="0"))["log.facts"]["letters"] == []
    assert (await world.get(LETTERS, query={"limit": "101"})).status == 422


async def test_one_is_shown_whole(world: World) -> None:
    body = bytes(range(256)) * 4
    await bury(world, Message(body))
    (letter,) = (await listed(world))["log.facts"]["letters"]

    shown = (await world.get(f"{LETTERS}/log.facts/{letter['id']}")).body

    assert base64.b64decode(shown.pop("body")) == body
    assert shown == letter


async def test_replayed_they_are_handled_and_gone(world: World) -> None:
    await bury(world, Message(b"old"), Message(b"new"))
    handled: list[bytes] = []

    async def handle(message: Message) -> None:
        handled.append(message.body)

    await world.bus.consume(FACTS, handle)
    first = await world.post(f"{LETTERS}/log.facts/replay", {"limit": 1})
    rest = await world.post(f"{LETTERS}/log.facts/replay")

    assert (first.body, rest.body) == ({"replayed": 1}, {"replayed": 1})
    await until(lambda: handled == [b"old", b"new"])
    assert (await listed(world))["log.facts"]["count"] == 0


async def test_one_is_discarded_for_ever(world: World) -> None:
    await bury(world, Message(b"1"), Message(b"2"))
    first, second = (await listed(world))["log.facts"]["letters"]

    assert await delete(world, f"{LETTERS}/log.facts/{first['id']}") == 200
    assert await delete(world, f"{LETTERS}/log.facts/{first['id']}") == 404
    assert (await listed(world))["log.facts"]["letters"] == [second]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{LETTERS}/log.facts/nothing"),
        ("GET", f"{LETTERS}/nowhere/nothing"),
        ("DELETE", f"{LETTERS}/nowhere/nothing"),
        ("POST", f"{LETTERS}/nowhere/replay"),
    ],
)
async def test_what_there_is_not_is_a_problem_that_says_so(world: World, method: str, path: str) -> None:
    answer = await world.call(method, path)
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
    problem = json.loads(answer.body)
    assert "nothing" in problem["detail"] or "there are log.facts, log.output" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", LETTERS),
        ("GET", f"{LETTERS}/log.facts/x"),
        ("DELETE", f"{LETTERS}/log.facts/x"),
        ("POST", f"{LETTERS}/log.facts/replay"),
    ],
)
async def test_only_administrators_of_the_cell_may(world: World, method: str, path: str) -> None:
    await bury(world, Message(b"1"))
    for role in ("admin", "manager", "user", None):
        token = await world.join(f"a-{role}", role)
        answer = await world.call(method, path, token=token)
        assert (answer.status, answer.content_type) == (403, "application/problem+json")
    assert (await world.call(method, path, token=None)).status == 401
    assert await world.bus.dead_letters.count(FACTS) == 1


async def test_without_a_broker_it_is_worth_another_try(world: World) -> None:
    world.bus.broker.stop()
    for method, path in [("GET", LETTERS), ("POST", f"{LETTERS}/{OUTPUT.name}/replay")]:
        answer = await world.call(method, path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
