"""Clients that are slow, many, silent or no HTTP at all: each is bounded, and a good one sees nothing of it."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

import aiohttp
import pytest
from yarl import URL

from tests.hostile.wire import AUTHORIZED, Wire, first_said_to, said_to, statuses
from tests.integration.gateway.world import ADMIN, World, a_world

T = TypeVar("T")
LIST = "/api/runs/list"
OK = b"HTTP/1.1 200 OK\r\n"


async def meanwhile(world: World, hostile: Awaitable[T]) -> T:
    """What `hostile` returns; until then a good client asks without pause, and every answer is right."""
    task = asyncio.ensure_future(hostile)
    async with good_client(world) as client:
        while not task.done():
            await asks_and_is_answered(client)
            await asyncio.sleep(0.01)
        await asks_and_is_answered(client)
    return await task


@asynccontextmanager
async def good_client(world: World) -> AsyncGenerator[aiohttp.ClientSession]:
    assert world.gateway.address is not None
    host, port = world.gateway.address
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with aiohttp.ClientSession(f"http://{host}:{port}", headers=headers) as session:
        yield session


async def asks_and_is_answered(client: aiohttp.ClientSession) -> None:
    async with client.post(LIST, json={}) as answer:
        assert (answer.status, await answer.json()) == (200, [])


async def dripping(world: World, start: bytes, drop: bytes) -> bytes:
    """Sends `drop` for ever, until the server has had enough; what it says to that."""
    wire = await Wire.to(world.gateway.address)
    await wire.send(start)
    said = asyncio.ensure_future(wire.said())
    while not said.done():
        try:
            await wire.send(drop)
        except ConnectionError:
            break
        await asyncio.sleep(0.02)
    await wire.close()
    return await said


async def test_headers_that_drip_end_with_the_keepalive_timeout() -> None:
    async with a_world(keepalive_timeout=0.3) as world:
        start = f"POST {LIST} HTTP/1.1\r\n".encode() + AUTHORIZED
        said = await meanwhile(world, dripping(world, start + b"X-Long: ", b"x"))
    assert said == b""


async def test_connections_that_say_nothing_end_with_the_keepalive_timeout() -> None:
    async with a_world(keepalive_timeout=0.3) as world:
        silent = [await Wire.to(world.gateway.address) for _ in range(50)]
        said = await meanwhile(world, asyncio.gather(*(wire.said() for wire in silent)))
        for wire in silent:
            await wire.close()
    assert said == [b""] * 50


async def test_a_body_that_drips_is_too_slow_after_the_body_timeout() -> None:
    async with a_world(body_timeout=0.3) as world:
        start = (
            f"POST {LIST} HTTP/1.1\r\nContent-Length: 1000000\r\nConnection: close\r\n".encode() + AUTHORIZED
        )
        wire = await Wire.to(world.gateway.address)
        await wire.send(start + b"\r\n{")
        status = await meanwhile(world, wire.status())
        await wire.close()
    assert status == 408


async def test_a_client_that_takes_no_answers_is_cut_off_after_the_send_timeout() -> None:
    async with a_world(send_timeout=0.3) as world:
        wire = await Wire.to(world.gateway.address)
        cast(asyncio.Transport, wire.writer.transport).pause_reading()
        await meanwhile(world, asks_until_cut_off(wire))
        await wire.close()


async def asks_until_cut_off(wire: Wire) -> None:
    """A server that isn't read from stops reading, so this waits in `send` until it resets the connection."""
    document = b"GET /api/openapi.json HTTP/1.1\r\n" + AUTHORIZED + b"\r\n"
    async with asyncio.timeout(60):
        with suppress(ConnectionError):
            while True:
                await wire.send(document * 100)


async def test_connections_over_the_limit_are_told_so_and_let_in_once_there_is_room() -> None:
    async with a_world(connection_limit=3) as world:
        request = b"GET /healthcheck HTTP/1.1\r\n" + AUTHORIZED + b"\r\n"
        inside = []
        for _ in range(3):
            wire = await Wire.to(world.gateway.address)
            await wire.send(request)
            assert await wire.status() == 200
            inside.append(wire)

        refused = await said_to(world.gateway.address, request)
        assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"Retry-After: 5\r\n" in refused
        assert b"as many connections as it takes" in refused

        await inside.pop().close()
        async with asyncio.timeout(60):
            while not (said := await first_said_to(world.gateway.address, request)).startswith(OK):
                assert said.startswith(b"HTTP/1.1 503"), said
        for wire in inside:
            await wire.close()


CHUNKED = f"POST {LIST} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n".encode() + AUTHORIZED
LENGTH = f"POST {LIST} HTTP/1.1\r\n".encode() + AUTHORIZED
BOMB = zlib.compress(b" " * 50_000_000)
NO_HTTP = {
    "a size that is no number": CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a negative size": CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a size beyond all bounds": CHUNKED + b"\r\n" + b"f" * 40 + b"\r\n{}\r\n",
    "a size without an end": CHUNKED + b"\r\n" + b"0" * 100_000,
    "a chunk longer than its size": CHUNKED + b"\r\n2\r\n{}{}{}\r\n0\r\n\r\n",
    "a size with an endless extension": CHUNKED + b"\r\n2;" + b"x" * 100_000,
    "trailers without end": CHUNKED + b"\r\n2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 10_000,
    "two lengths": LENGTH + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a negative length": LENGTH + b"Content-Length: -1\r\n\r\n{}",
    "a length beyond all numbers": LENGTH + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n{}",
    "a length and chunks": CHUNKED + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "an unknown transfer encoding": LENGTH + b"Transfer-Encoding: rot13\r\n\r\n{}",
    "gzip that is none": LENGTH + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
    "deflate that ends too early": LENGTH + b"Content-Encoding: deflate\r\nContent-Length: 9\r\n\r\n" + BOMB[:9],
    "deflate that is a bomb": LENGTH + b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB,
    "a huge header": LENGTH + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "a header's name without end": LENGTH + b"x" * 1_000_000,
    "ten thousand headers": LENGTH + b"".join(b"X%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
    "a huge URL": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
    "a huge query": b"GET /healthcheck?" + b"a=b&" * 250_000 + b" HTTP/1.1\r\n\r\n",
    "a header with NUL": LENGTH + b"X: a\0b\r\n\r\n",
    "a header in no encoding": LENGTH + b"Authorization: Bearer \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    "an event's id in no encoding": b"GET /api/runfold/v1/events HTTP/1.1\r\nAccept: text/event-stream\r\n"
    b"Last-Event-ID: \xff\xfe\r\n" + AUTHORIZED + b"\r\n",
    "a key in no encoding": b"POST /api/project/main/runs/apply HTTP/1.1\r\nIdempotency-Key: \xff\r\n" + AUTHORIZED
    + b"Content-Length: 2\r\n\r\n{}",
    "no UTF-8 in the query, unquoted": b"GET /api/runfold/v1/events?types=\xff\xfe HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "a folded header": LENGTH + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "a space before the colon": LENGTH + b"Content-Length : 2\r\n\r\n{}",
    "a NUL in the path": b"GET /health\0check HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "no UTF-8 in the path": b"GET /api/\xff\xfe HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "no UTF-8 in the query": b"GET /api/runfold/v1/events?types=%ff%fe HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "a percent sign too many": b"GET /api/%%zz%00%2e%2e HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "a proxy's URL": b"GET http://elsewhere:1/healthcheck HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "CONNECT": b"CONNECT elsewhere:443 HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "a port that is none": b"GET //here:99999/ HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "a method nobody knows": b"BREW /api/runs/list HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "a version of the future": b"GET / HTTP/9.9\r\n" + AUTHORIZED + b"\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2,
    "line ends alone": b"\r\n" * 100_000,
    "random bytes": bytes((n * 7919 + n // 251) % 256 for n in range(100_000)),
    "an upgrade to WebSocket": b"GET /api/runfold/v1/events HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + AUTHORIZED + b"\r\n",
    "a path out of the tree": b"GET /../../../../etc/passwd HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "the same, encoded": b"GET /api/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + AUTHORIZED + b"\r\n",
    "a project out of the tree": b"POST /api/project/..%2f..%2fetc/runs/get HTTP/1.1\r\n" + AUTHORIZED
    + b"Content-Length: 2\r\n\r\n{}",
}  # fmt: skip


@pytest.mark.parametrize("request_", NO_HTTP.values(), ids=NO_HTTP.keys())
async def test_what_is_hardly_http_is_refused_and_disturbs_nobody(request_: bytes) -> None:
    async with a_world(keepalive_timeout=0.5, body_timeout=0.5) as world:
        said = await meanwhile(world, first_said_to(world.gateway.address, request_))

    # Nothing at all is said to what ends neither its headers nor its connection.
    assert all(status < 500 for status in statuses(said)), said[:500]
    assert b"root:" not in said
    assert len(said) < 100_000


@pytest.mark.parametrize("path", ["/api/runs%0a/list", "/%00", "/api/%ff", "/api//runs/list", "/%2e%2e/etc"])
async def test_an_odd_path_is_told_to_be_unknown_in_its_owner_s_words(world: World, path: str) -> None:
    async with good_client(world) as client, client.post(URL(path, encoded=True), json={}) as answer:
        assert (answer.status, await answer.json()) == (404, {"detail": "Not Found"})


async def test_http_1_0_is_answered_and_closed(world: World) -> None:
    said = await said_to(world.gateway.address, b"GET /healthcheck HTTP/1.0\r\n\r\n")
    assert said.split(b"\r\n")[0].endswith(b"200 OK")
    assert said.endswith(b'{"status":"running"}')


async def test_pipelined_requests_are_answered_in_order(world: World) -> None:
    paths = [f"/nowhere/{n}" for n in range(100)] + ["/healthcheck"]
    requests = [f"GET {path} HTTP/1.1\r\n".encode() + AUTHORIZED for path in paths]
    request = b"\r\n".join(requests) + b"Connection: close\r\n\r\n"
    said = await meanwhile(world, said_to(world.gateway.address, request))
    assert statuses(said) == [404] * 100 + [200]
