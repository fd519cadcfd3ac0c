"""The log's HTTP face."""

import json
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from runfold.eventlog.port import Append, NotActive
from runfold.eventlog.wire import (
    MOST_BODY_BYTES,
    encode_append,
    join_appends,
)
from tests.contract.eventlog.given import an_append
from tests.contract.eventlog.worlds import TOKEN, World

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


async def asked(
    method: str, url: str, headers: dict[str, str] = AUTHORIZED, **request: Any
) -> tuple[int, Any]:
    """Status, and the answer's JSON or text."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, headers=headers, **request) as response,
    ):
        text = await response.text()
        return response.status, json.loads(text) if response.content_type == "application/json" else text


def body(*appends: Append) -> bytes:
    return join_appends([encode_append(append) for append in appends])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic abc"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"Authorization": f"Bearer {TOKEN}x"}, 403),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/head"), ("GET", "/commits"), ("GET", "/wait"), ("POST", "/appends")]
)
async def test_every_path_asks_for_a_services_token(
    memory_world: World, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    url = await memory_world.serve(await memory_world.writer())

    answered, _ = await asked(method, url + path, headers, data=b"[]" if method == "POST" else None)

    assert answered == status


async def test_a_token_that_is_empty_lets_nobody_in(memory_world: World) -> None:
    url = await memory_world.serve(await memory_world.writer())

    assert (await asked("GET", f"{url}/head", {"Authorization": "Bearer"}))[0] == 401


async def test_each_append_of_a_request_has_an_outcome_of_its_own(memory_world: World) -> None:
    url = await memory_world.serve(await memory_world.writer())
    good, refused = an_append("run:a"), an_append("run:b", expect=["term:log"], at=0)

    status, outcomes = await asked("POST", f"{url}/appends", data=body(good, refused))

    assert status == 207
    assert outcomes == [
        {"status": 200, "number": 2, "first": 2, "last": 2},
        {"status": 409, "streams": ["term:log"], "position": 1},
    ]


async def test_a_conflict_alone_is_a_409(memory_world: World) -> None:
    url = await memory_world.serve(await memory_world.writer())

    status, outcomes = await asked("POST", f"{url}/appends", data=body(an_append(expect=["term:log"])))

    assert (status, outcomes[0]["streams"]) == (409, ["term:log"])


async def test_what_is_no_append_is_told_with_its_place(memory_world: World) -> None:
    url = await memory_world.serve(await memory_world.writer())

    for data in (b"", b"nonsense", b'[{"id": 7, "events": []}]', b"[" * 100_000):
        status, answer = await asked("POST", f"{url}/appends", data=data)
        assert status == 422
        assert answer["error"]

    assert (await asked("POST", f"{url}/appends", data=b'[{"id": "x", "events": [{}]}]'))[1][
        "error"
    ].endswith("`$[0].events[0]`")


async def test_a_body_over_the_limit_is_not_read(memory_world: World) -> None:
    url = await memory_world.serve(await memory_world.writer())

    async def chunks() -> Any:
        for _ in range(MOST_BODY_BYTES // 1_000_000 + 2):
            yield b" " * 1_000_000

    assert (await asked("POST", f"{url}/appends", data=BytesIO(b" " * (MOST_BODY_BYTES + 1))))[0] == 413
    assert (await asked("POST", f"{url}/appends", data=chunks()))[0] == 413


async def test_an_append_that_is_too_large_is_a_413(memory_world: World) -> None:
    url = await memory_world.serve(await memory_world.writer())

    status, outcomes = await asked(
        "POST", f"{url}/appends", data=BytesIO(body(an_append(message="x" * 1_100_000)))
    )

    assert (status, outcomes[0]["status"]) == (413, 413)


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=1.5", f"after={'9' * 400}"])
async def test_numbers_that_are_none_are_a_400_that_names_them(memory_world: World, query: str) -> None:
    url = await memory_world.serve(await memory_world.writer())

    status, answer = await asked("GET", f"{url}/commits?{query}")

    assert status == 400
    assert answer.startswith(query.partition("=")[0])


@pytest.mark.parametrize("seconds", ["x", "-1", "nan", "inf"])
async def test_a_wait_is_bounded(memory_world: World, seconds: str) -> None:
    url = await memory_world.serve(await memory_world.writer())

    # One commit is there already: who waits for it waits for nothing, however long he would.
    status, _ = await asked("GET", f"{url}/wait?after=0&seconds={seconds}")

    assert status == (200 if seconds == "inf" else 400)


async def test_a_standby_names_the_active_replica(memory_world: World) -> None:
    old = await memory_world.writer()
    url = await memory_world.serve(old)
    await memory_world.writer(service_address="http://log-2:8080")
    with pytest.raises(NotActive):
        await old.append(an_append())

    status, answer = await asked("POST", f"{url}/appends", data=body(an_append()))

    assert (status, answer["address"]) == (421, "http://log-2:8080")


async def test_a_store_that_is_away_is_a_503(memory_world: World) -> None:
    store = memory_world.store()
    url = await memory_world.serve(await memory_world.writer(store, patience=0.01))
    store.away = True

    assert (await asked("POST", f"{url}/appends", data=body(an_append())))[0] == 503
    assert (await asked("GET", f"{url}/head"))[0] == 503
