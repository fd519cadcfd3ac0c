"""Calls of the public and of the internal API with anything in every place where something is read."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.wire import encode_append, join_appends
from runfold.eventlog.writer import Writer
from runfold.gateway.http.call import Call
from runfold.log.http import eventlog, keys, output
from runfold.log.http.server import Server
from runfold.log.http.tokens import Tokens
from runfold.service.system import SystemClock, SystemIds
from tests.contract.eventlog.given import an_append
from tests.hostile.bodies import APPLY, BODIES, SPEC
from tests.hostile.strategies import bodies, bounded, changed, values, written
from tests.integration.gateway.world import ADMIN, Reply, World, a_world

POLL = "/api/project/main/logs/poll"


class Calls:
    """Calls from tests that aren't coroutines, as hypothesis wants them."""

    def __init__(self, runner: asyncio.Runner, world: World, attempt: str) -> None:
        self._runner, self._world, self.attempt = runner, world, attempt

    def post(self, path: str, content: bytes, **headers: str) -> Reply:
        return self._runner.run(self._answer("POST", path, content, headers, {}))

    def get(self, path: str, query: dict[str, str], **headers: str) -> Reply:
        return self._runner.run(self._answer("GET", path, b"", headers, query))

    async def _answer(
        self, method: str, path: str, content: bytes, headers: dict[str, str], query: dict[str, str]
    ) -> Reply:
        sent = {"authorization": f"Bearer {ADMIN}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        async with asyncio.timeout(60):
            answer = await self._world.gateway.api.answer(Call(method, path, sent, query, content, "fuzz"))
            if answer.stream is not None:
                assert (await anext(answer.stream)).startswith(b": from position")
                await answer.stream.aclose()
                return Reply(answer.status, None)
        return Reply(answer.status, json.loads(answer.body))


@pytest.fixture(scope="module")
def calls() -> Generator[Calls]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        world = runner.run(stack.enter_async_context(a_world()))
        try:
            runner.run(world.submit("there"))
            yield Calls(runner, world, runner.run(world.print("there", b"one", b"two")))
        finally:
            runner.run(stack.aclose())


@pytest.mark.parametrize("path", BODIES)
@bounded
@given(data=st.data())
def test_a_call_with_something_else_in_some_place_is_answered(
    calls: Calls, path: str, data: st.DataObject
) -> None:
    body = json.dumps(data.draw(changed(BODIES[path])))
    answer = calls.post(path, body.encode())
    assert answer.status in (200, 400, 403, 413, 422), (body, answer)


@bounded
@given(token=values, submission=values, name=values)
def test_a_token_of_no_page_is_refused(calls: Calls, token: Any, submission: Any, name: Any) -> None:
    for known in (calls.attempt, submission):
        body = {"run_name": "there" if known == calls.attempt else name, "job_submission_id": known}
        answer = calls.post(POLL, json.dumps({**body, "next_token": token}).encode())
        assert answer.status in (200, 400, 422), (body, token, answer)


@bounded
@given(key=written, body=bodies)
def test_any_idempotency_key_is_kept_or_refused(calls: Calls, key: str, body: bytes) -> None:
    whole = json.dumps({"plan": {"run_spec": {**SPEC, "run_name": None}}, "force": False}).encode()
    for content in (body, whole, whole):
        answer = calls.post(APPLY, content, idempotency_key=key)
        assert answer.status in (200, 400, 422), (key, answer)


@bounded
@given(after=written, types=written, project=written, limit=written, last=written, streams=st.booleans())
def test_any_filter_of_events_selects_some_or_is_refused(
    calls: Calls, after: str, types: str, project: str, limit: str, last: str, streams: bool
) -> None:
    accept = "text/event-stream" if streams else "application/json"
    everything = {"after": after, "types": types, "project": project, "limit": limit}
    for query in (everything, *({name: value} for name, value in everything.items())):
        answer = calls.get("/api/runfold/v1/events", query, last_event_id=last, accept=accept)
        assert answer.status in (200, 422), (query, last, answer)


@bounded
@given(token=written, agent=written)
def test_any_authorization_is_somebody_s_or_nobody_s(calls: Calls, token: str, agent: str) -> None:
    answer = calls.post("/api/users/get_my_user", b"", authorization=token, user_agent=agent)
    assert answer.status in (401, 403), (token, answer)


@bounded
@given(parts=st.lists(written, min_size=1, max_size=4), body=bodies)
def test_any_path_is_somebody_s(calls: Calls, parts: list[str], body: bytes) -> None:
    for path in (
        "/" + "/".join(parts),
        "/api/project/" + "/".join(parts),
        "/api/runfold/v1/" + "/".join(parts),
    ):
        assert calls.post(path, body).status < 500, path


TOKEN = "token-of-the-gateway"


class Internal:
    """Requests to the log service's port from tests that aren't coroutines."""

    def __init__(self, runner: asyncio.Runner, client: aiohttp.ClientSession, writer: Writer) -> None:
        self._runner, self._client, self._writer = runner, client, writer

    def ask(self, method: str, path: str, **options: Any) -> int:
        """The status of the answer."""
        return self._runner.run(self._status(method, path, options))

    def still_reads(self) -> None:
        """Whatever was appended can be decoded by all who follow."""
        self._runner.run(self._read())

    async def _status(self, method: str, path: str, options: Any) -> int:
        url = URL(path, encoded=True)
        async with asyncio.timeout(60), self._client.request(method, url, **options) as answer:
            await answer.read()
            return answer.status

    async def _read(self) -> None:
        head = await self._writer.head()
        for commit in await self._writer.read(max(head.number - 1, 0), 1):
            assert [event.stream for event in commit.events]


@pytest.fixture(scope="module")
def internal() -> Generator[Internal]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client, writer = runner.run(stack.enter_async_context(the_internal_port()))
        try:
            yield Internal(runner, client, writer)
        finally:
            runner.run(stack.aclose())


@asynccontextmanager
async def the_internal_port() -> AsyncGenerator[tuple[aiohttp.ClientSession, Writer]]:
    clock, ids, tokens = SystemClock(), SystemIds(), Tokens({"gateway": TOKEN})
    writer = Writer(MemoryStore(), clock=clock, ids=ids, sole=True)
    await writer.start()
    routes = [
        *eventlog.routes(writer, tokens, clock),
        *output.routes(MemoryOutputStore(), tokens),
        *keys.routes(MemoryKeyStore(), tokens),
    ]
    server = Server(routes, "127.0.0.1", 0)
    await server.start()
    assert server.url is not None
    try:
        async with aiohttp.ClientSession(server.url, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            yield client, writer
    finally:
        await server.stop()
        await writer.stop()


APPENDED: Any = json.loads(join_appends([encode_append(an_append("run:a", "run:b", expect=["run:c"], at=1))]))
POLLED: dict[str, Any] = {
    "attempt_id": "a",
    "query": {"limit": 5, "cursor": "1", "after": 0, "descending": False},
}


@bounded
@given(data=st.data())
def test_the_internal_port_takes_or_refuses_any_append(internal: Internal, data: st.DataObject) -> None:
    (append,) = APPENDED
    fresh = {**append, "id": str(data.draw(st.uuids()))}
    body = json.dumps(data.draw(changed([fresh]))).encode()
    assert internal.ask("POST", "/appends", data=body) in (200, 207, 400, 409, 413, 422), body
    internal.still_reads()


@pytest.mark.parametrize(
    "wrong", [{"data": {"job_id": 5}}, {"data": []}, {"version": 0}, {"streams": []}], ids=str
)
def test_an_event_that_nobody_could_read_is_refused_by_its_id(internal: Internal, wrong: Any) -> None:
    (good,) = json.loads(join_appends([encode_append(an_append("run:a"))]))
    bad = {**good, "id": f"bad {wrong}", "events": [good["events"][0] | wrong]}
    assert internal.ask("POST", "/appends", data=json.dumps([good, bad]).encode()) == 207
    internal.still_reads()


@bounded
@given(body=bodies | changed(POLLED).map(json.dumps).map(str.encode))
def test_the_internal_port_takes_or_refuses_any_body(internal: Internal, body: bytes) -> None:
    for path in ("/appends", "/output/poll"):
        assert internal.ask("POST", path, data=body) in (200, 207, 400, 409, 413, 422), (path, body)


@bounded
@given(after=written, limit=written, name=written.filter(bool))
def test_the_internal_port_takes_or_refuses_any_query(
    internal: Internal, after: str, limit: str, name: str
) -> None:
    after, limit, name = after[:2000], limit[:2000], name[:2000]
    for path in ("/commits", f"/output/{quote(name, safe='')}"):
        assert internal.ask("GET", path, params={"after": after, "limit": limit, "offset": after}) < 500
    assert internal.ask("PUT", f"/keys/{quote(name, safe='')}", data=name.encode()) < 500
