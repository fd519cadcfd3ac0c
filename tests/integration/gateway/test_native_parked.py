"""What is parked by the native API: listed, shown, tried again, dropped, and by administrators alone."""

import json
from typing import Any

import pytest

from runfold.contracts.parking import EventParked, ParkedHandled
from tests.integration.gateway.world import World

PARKED = "/api/runfold/v1/parked"
FEED = EventParked("a1", "log.feed", "run:1", 7, "ValueError: no", "RunSubmitted", 3)
PLANNING = EventParked("b2", "scheduler", "run:2", 9, "KeyError: 'x'")


async def listed(world: World, **query: str) -> tuple[int, list[str]]:
    answer = await world.get(PARKED, query=query)
    assert answer.status == 200, answer.body
    return answer.body["count"], [parked["id"] for parked in answer.body["parked"]]


async def shown(world: World, parked_id: str) -> dict[str, Any]:
    answer = await world.get(f"{PARKED}/{parked_id}")
    assert answer.status == 200, answer.body
    return dict(answer.body)


async def test_it_is_listed_oldest_first_of_all_or_of_one_reactor(world: World) -> None:
    await world.happen(FEED, PLANNING)
    assert await listed(world) == (2, ["a1", "b2"])
    assert await listed(world, limit="1") == (2, ["a1"])
    assert await listed(world, reactor="scheduler") == (1, ["b2"])
    assert await listed(world, reactor="nobody") == (0, [])


async def test_it_is_shown_with_all_that_is_known_of_it(world: World) -> None:
    await world.happen(FEED)
    parked = await shown(world, "a1")
    assert parked.pop("parked_at") == parked.pop("failed_at")
    assert parked == {
        "id": "a1",
        "reactor": "log.feed",
        "subject": "run:1",
        "position": 7,
        "commit": 3,
        "event_type": "RunSubmitted",
        "error": "ValueError: no",
        "tries": 1,
        "retrying": False,
    }


async def test_a_retry_is_asked_of_its_reactor_and_it_stays_until_that_has_handled_it(world: World) -> None:
    await world.happen(FEED)
    assert (await world.post(f"{PARKED}/a1/retry")).body == {"retried": 1}
    assert (await shown(world, "a1"))["retrying"]
    assert (await world.post(f"{PARKED}/a1/retry")).body == {"retried": 0}
    await world.happen(ParkedHandled("a1"))
    assert await listed(world) == (0, [])


async def test_all_of_one_reactor_are_tried_again_then_all_that_are_left(world: World) -> None:
    await world.happen(FEED, PLANNING)
    assert (await world.post(f"{PARKED}/retry", {"reactor": "scheduler"})).body == {"retried": 1}
    assert [(await shown(world, id_))["retrying"] for id_ in ("a1", "b2")] == [False, True]
    assert (await world.post(f"{PARKED}/retry")).body == {"retried": 1}


async def test_a_repeated_retry_with_its_key_answers_as_the_first(world: World) -> None:
    await world.happen(FEED, PLANNING)
    for _ in range(2):
        assert (await world.post(f"{PARKED}/retry", idempotency_key="k")).body == {"retried": 2}


async def test_what_is_dropped_is_gone(world: World) -> None:
    await world.happen(FEED, PLANNING)
    assert (await world.call("DELETE", f"{PARKED}/a1")).status == 200
    assert await listed(world) == (1, ["b2"])


@pytest.mark.parametrize(("method", "path"), [("GET", "x"), ("DELETE", "x"), ("POST", "x/retry")])
async def test_what_there_is_not_is_a_problem_that_says_so(world: World, method: str, path: str) -> None:
    answer = await world.call(method, f"{PARKED}/{path}")
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
    assert json.loads(answer.body)["detail"] == "Nothing is parked as x"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/a1"), ("DELETE", "/a1"), ("POST", "/a1/retry"), ("POST", "/retry")],
)
async def test_only_administrators_of_the_cell_may(world: World, method: str, path: str) -> None:
    await world.happen(FEED)
    for role in ("admin", "manager", "user", None):
        token = await world.join(f"a-{role}", role)
        answer = await world.call(method, PARKED + path, token=token)
        assert (answer.status, answer.content_type) == (403, "application/problem+json")
    assert (await world.call(method, PARKED + path, token=None)).status == 401
    assert not (await shown(world, "a1"))["retrying"]
