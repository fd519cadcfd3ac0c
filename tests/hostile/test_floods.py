"""Very many of what is wrong, idle or deaf, against one whole server: nothing fails or grows, good clients go on."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import pytest_asyncio

from runfold.gateway.door import affordable
from tests.end_to_end.embedded import TOKEN, Embedded
from tests.hostile.bodies import APPLY, BODIES
from tests.hostile.wire import Wire

MALFORMED, IDLE, DEAF = 10_000, 1_000, 50
MIB = 1024 * 1024
#: What the server may grow by in each of these. Measured on two cores: 1, 4, 9 and 33 MiB.
GROWTH = 150 * MIB
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
HEAD = f"Host: here\r\nAuthorization: Bearer {TOKEN}\r\n".encode()


@pytest.fixture(scope="module")
def started(server: Embedded) -> Embedded:
    server.start().submit("true", name="good")
    return server


@pytest_asyncio.fixture
async def client(started: Embedded) -> AsyncGenerator[aiohttp.ClientSession]:
    patience = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(started.url, headers=AUTHORIZED, timeout=patience) as session:
        yield session


async def good_calls(client: aiohttp.ClientSession, count: int) -> None:
    for _ in range(count):
        async with client.post("/api/project/main/runs/get", json={"run_name": "good"}) as answer:
            assert (answer.status, (await answer.json())["run_spec"]["run_name"]) == (200, "good")


def malformed(count: int) -> Iterator[tuple[str, bytes]]:
    """Paths and bodies, the same each time: right ones with bytes changed, cut, doubled or moved; and garbage."""
    drawn = random.Random(20261124)
    right = [(path, json.dumps(body).encode()) for path, body in BODIES.items()]
    for _ in range(count):
        path, body = drawn.choice(right)
        content = bytearray(body)
        match drawn.randrange(5):
            case 0:
                content = content[: drawn.randrange(len(content))]
            case 1:
                content = bytearray(drawn.randbytes(drawn.randrange(2000)))
            case 2:
                start = drawn.randrange(len(content))
                content[start:start] = content[start : start + drawn.randrange(200)]
            case _:
                for _ in range(drawn.randrange(1, 10)):
                    content[drawn.randrange(len(content))] = drawn.randrange(256)
        yield path, bytes(content)


async def test_ten_thousand_malformed_bodies_are_refused_and_leave_nothing_behind(
    started: Embedded, client: aiohttp.ClientSession
) -> None:
    counted = dict.fromkeys((200, 400, 413, 422), 0)
    wrong = malformed(MALFORMED)

    async def send() -> None:
        for path, body in wrong:
            async with client.post(path, data=body) as answer:
                assert answer.status in counted, (answer.status, path, body)
                await answer.read()
                counted[answer.status] += 1

    await good_calls(client, 200)
    before = started.memory()
    async with asyncio.TaskGroup() as senders:
        for _ in range(16):
            senders.create_task(send())
        senders.create_task(good_calls(client, 100))

    assert sum(counted.values()) == MALFORMED
    assert counted[422] > MALFORMED / 2
    assert started.memory() - before < GROWTH
    await good_calls(client, 1)


@asynccontextmanager
async def connections(server: Embedded, count: int, said: bytes) -> AsyncGenerator[list[Wire]]:
    """`count` of them, on each of which `said` was sent and nothing is read."""
    affordable(2 * count)
    wires = [await Wire.to(("127.0.0.1", server.port)) for _ in range(count)]
    try:
        for wire in wires:
            await wire.send(said)
        yield wires
    finally:
        for wire in wires:
            wire.writer.transport.abort()


@pytest.mark.parametrize(
    "said", [b"", b"POST /api/runs/list HTTP/1.1\r\n" + HEAD + b"Content-Length: 1000000\r\n\r\n{"],
    ids=["silent", "in the midst of a body"],
)  # fmt: skip
async def test_a_thousand_idle_connections_disturb_nobody(
    started: Embedded, client: aiohttp.ClientSession, said: bytes
) -> None:
    await good_calls(client, 100)
    before = started.memory()
    async with connections(started, IDLE, said):
        await good_calls(client, 100)
        async with aiohttp.ClientSession(started.url, headers=AUTHORIZED) as newcomer:
            await good_calls(newcomer, 1)
        assert started.memory() - before < GROWTH


async def test_subscribers_that_never_read_disturb_neither_others_nor_one_that_reads(
    started: Embedded, client: aiohttp.ClientSession
) -> None:
    stream = b"GET /api/runfold/v1/events HTTP/1.1\r\nAccept: text/event-stream\r\n" + HEAD + b"\r\n"
    before = started.memory()
    async with connections(started, DEAF, stream):
        names = [f"told-{number}" for number in range(100)]
        reading = asyncio.create_task(_told_of(client, set(names)))
        for name in names:
            # Large enough that what nobody reads would show.
            configuration = {"type": "task", "commands": ["x" * 50_000], "resources": {"cpu": "1000.."}}
            spec = {"run_name": name, "configuration": configuration}
            async with client.post(APPLY, json={"plan": {"run_spec": spec}, "force": False}) as answer:
                assert answer.status == 200, await answer.text()
        async with asyncio.timeout(120):
            await reading
        assert started.memory() - before < GROWTH
    await good_calls(client, 1)


async def _told_of(client: aiohttp.ClientSession, names: set[str]) -> None:
    """Returns once the stream has told of the submission of every one."""
    headers = {"Accept": "text/event-stream"}
    query = {"types": "run.RunSubmitted"}
    whole = aiohttp.ClientTimeout(total=120)
    async with client.get(
        "/api/runfold/v1/events", params=query, headers=headers, timeout=whole, max_line_size=2**20
    ) as answer:
        missing, part = set(names), b""
        async for piece in answer.content.iter_any():
            *lines, part = (part + piece).split(b"\n")
            for line in lines:
                if line.startswith(b"data: "):
                    missing.discard(json.loads(line[6:])["data"]["name"])
            if not missing:
                return
    raise AssertionError(f"the stream ended before it told of {sorted(missing)}")
