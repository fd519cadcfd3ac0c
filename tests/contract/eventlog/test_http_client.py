"""The log's HTTP client, which finds its way among replicas."""

import asyncio
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.eventlog.adapters.remote import RemoteLog
from runfold.eventlog.port import EventLogError, Forbidden, NotActive, Unavailable
from runfold.eventlog.wire import (
    Outcome,
    decode_outcomes,
    encode_outcomes,
)
from tests.contract.eventlog.given import an_append, append_ids, until_tried
from tests.contract.eventlog.worlds import TOKEN, World


@pytest.mark.parametrize("knows_both", [True, False])
async def test_a_client_follows_a_standby_to_the_active_replica(
    memory_world: World, knows_both: bool
) -> None:
    old = await memory_world.writer()
    new = memory_world.standby()
    old_url, new_url = await memory_world.serve(old), await memory_world.serve(new)
    # What tells the address: a term that `new` began at it, and goes on with.
    await (await memory_world.writer(service_address=new_url)).stop()
    with pytest.raises(NotActive):
        await old.append(an_append())
    await new.start()
    log = await memory_world.client([old_url, new_url] if knows_both else [old_url])

    appended = await log.append(an_append())

    assert appended.number == (await new.head()).number


async def test_a_replica_without_answer_is_left_for_the_next_with_the_same_id(memory_world: World) -> None:
    silent, _ = await silent_server()
    writer = await memory_world.writer()
    log = await memory_world.client(
        [str(silent.make_url("")), await memory_world.serve(writer)], answer_within=0.5
    )
    append = an_append()

    await log.append(append)

    assert await append_ids(log) == [append.id]
    await silent.close()


async def test_what_a_replica_left_behind_when_it_stepped_down_goes_on_to_the_next(
    memory_world: World,
) -> None:
    async def half(_: web.Request) -> web.Response:
        outcomes = [Outcome(200, number=7, first=8, last=8), Outcome(421, error="not active")]
        return web.Response(body=encode_outcomes(outcomes), status=207, content_type="application/json")

    async def elsewhere(_: web.Request) -> web.Response:
        return web.json_response({"address": url}, status=421)

    answers = [half, elsewhere]

    async def stepping_down(request: web.Request) -> web.Response:
        return await answers.pop(0)(request)

    url = await memory_world.serve(await memory_world.writer())
    app = web.Application()
    app.router.add_post("/appends", stepping_down)
    async with TestServer(app) as server:
        log = await memory_world.client([str(server.make_url(""))])
        done, left = an_append(), an_append()

        answered = await asyncio.gather(log.append(done), log.append(left))

    assert [answer.number for answer in answered] == [7, 2]
    assert await append_ids(log) == [left.id]


async def test_an_answer_that_is_late_leaves_one_append(memory_world: World) -> None:
    store = memory_world.store()
    asked_again, requests = asyncio.Event(), []

    @web.middleware
    async def noticing(request: web.Request, handler: Any) -> web.StreamResponse:
        requests.append(request.path)
        if len(requests) > 2:
            asked_again.set()
        answer: web.StreamResponse = await handler(request)
        return answer

    url = await memory_world.serve(await memory_world.writer(store), noticing)
    log = await memory_world.client([url], answer_within=0.2)
    store.hold()
    append = an_append()
    waiting = asyncio.ensure_future(log.append(append))
    await until_tried(store, 2)
    async with asyncio.timeout(60):
        await asked_again.wait()

    store.release()
    await waiting

    assert await append_ids(log) == [append.id]


async def test_without_any_replica_the_outcome_is_open_after_bounded_time(memory_world: World) -> None:
    log = await memory_world.client(
        ["http://127.0.0.1:1", "http://127.0.0.1:2"], answer_within=0.05, patience=0.2
    )

    async with asyncio.timeout(60):
        for question in (log.append(an_append()), log.head(), log.read(0), log.wait(0, 0.01)):
            with pytest.raises(Unavailable):
                await question


async def test_a_client_whose_token_is_refused_says_so_at_once(memory_world: World) -> None:
    url = await memory_world.serve(await memory_world.writer())
    log = await memory_world.client([url], token="wrong")

    with pytest.raises(Forbidden):
        await log.append(an_append())
    with pytest.raises(Forbidden):
        await log.head()


async def test_appends_that_wait_share_requests(memory_world: World) -> None:
    store = memory_world.store()
    writer = await memory_world.writer(store)
    requests = []

    @web.middleware
    async def counting(request: web.Request, handler: Any) -> web.StreamResponse:
        requests.append(request.path)
        answer: web.StreamResponse = await handler(request)
        return answer

    log = await memory_world.client([await memory_world.serve(writer, counting)])

    await asyncio.gather(*(log.append(an_append(f"run:{i}")) for i in range(300)))

    assert len(requests) < 10
    assert len(await append_ids(writer)) == 300


async def test_appends_of_great_size_are_spread_over_requests(memory_world: World) -> None:
    log = await memory_world.client([await memory_world.serve(await memory_world.writer())])

    await asyncio.gather(*(log.append(an_append(message="x" * 900_000)) for _ in range(12)))

    assert len(await append_ids(log)) == 12


async def test_one_bad_append_hurts_no_other_of_its_request(memory_world: World) -> None:
    log = await memory_world.client([await memory_world.serve(await memory_world.writer())])
    refused = [an_append(expect=["term:log"]) for _ in range(3)]

    answers = await asyncio.gather(
        *(log.append(append) for append in [an_append(), *refused, an_append()]), return_exceptions=True
    )

    assert [isinstance(answer, EventLogError) for answer in answers] == [False, True, True, True, False]


async def test_closing_a_client_leaves_what_is_in_flight_open(memory_world: World) -> None:
    silent, asked_once = await silent_server()
    log = await memory_world.client([str(silent.make_url(""))])
    waiting = asyncio.ensure_future(log.append(an_append()))
    await asked_once.wait()

    await log.close()

    with pytest.raises(Unavailable):
        await waiting
    await silent.close()


def test_a_client_needs_an_address() -> None:
    with pytest.raises(ValueError):
        RemoteLog([], TOKEN)


def test_an_outcome_survives_the_wire_with_fields_of_a_later_version() -> None:
    [outcome] = decode_outcomes(msgspec.json.encode([{"status": 200, "number": 1, "later": True}]))

    assert outcome.number == 1


async def silent_server() -> tuple[TestServer, asyncio.Event]:
    """Accepts requests and never answers them; the event tells of the first."""
    asked_once = asyncio.Event()

    async def silence(_: web.Request) -> web.Response:
        asked_once.set()
        await asyncio.Event().wait()
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", silence)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.01)
    return server, asked_once
