"""Dead letters over the log service's HTTP: as they are at the broker, for the gateway alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.dead_letters import DeadLetter, buried
from runfold.bus.port import BusUnavailable, Message, Refused
from runfold.bus.topology import FACTS, MIB, OUTPUT, Exchange
from runfold.eventlog.port import Forbidden
from runfold.log.http.dead_letters import routes
from runfold.log.http.tokens import Tokens
from runfold.service.adapters.dead_letters_remote import RemoteDeadLetters

FIRST = DeadLetter(Message(b"\xff\x00", {"host": "a", "seq": 7}, message_id="1"), "log.facts", "no fact")
SECOND = DeadLetter(Message(b"2"), "log.facts", "failed 5 times")


@pytest_asyncio.fixture
async def bus() -> AsyncIterator[InProcessBus]:
    made = InProcessBus()
    await made.dead_letters.count(FACTS)
    await made.dead_letters.count(OUTPUT)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def url(bus: InProcessBus) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes(bus.dead_letters, Tokens({"gateway": "secret", "scheduler": "other"})))
    async with TestServer(app) as server:
        yield str(server.make_url(""))


@pytest_asyncio.fixture
async def remote(url: str) -> AsyncIterator[RemoteDeadLetters]:
    made = RemoteDeadLetters([url], "secret", patience=2.0)
    yield made
    await made.close()


async def bury(bus: InProcessBus, *letters: DeadLetter) -> None:
    for letter in letters:
        dead = buried(letter.message, letter.reason)
        await bus.publish(Exchange.DEAD, letter.source, dead, mandatory=True)


async def test_they_are_counted_and_shown_as_they_are(bus: InProcessBus, remote: RemoteDeadLetters) -> None:
    await bury(bus, FIRST, SECOND)
    assert (await remote.count(FACTS), await remote.count(OUTPUT)) == (2, 0)
    assert await remote.peek(FACTS) == [FIRST, SECOND]
    assert await remote.peek(FACTS, 1) == [FIRST]
    assert await remote.find(FACTS, SECOND.id) == SECOND
    assert await remote.find(FACTS, "nothing") is None


async def test_they_are_replayed_and_discarded(bus: InProcessBus, remote: RemoteDeadLetters) -> None:
    await bury(bus, FIRST, SECOND, FIRST)
    assert await remote.replay(FACTS, 1) == 1
    assert await remote.discard(FACTS, FIRST.id)
    assert not await remote.discard(FACTS, FIRST.id)
    assert await remote.replay(FACTS) == 1
    assert await remote.count(FACTS) == 0


async def test_a_full_queue_refuses_them_in_its_own_words(
    bus: InProcessBus, remote: RemoteDeadLetters
) -> None:
    bus.broker.declare(FACTS)
    for _ in range(FACTS.max_bytes // MIB):
        await bus.publish(Exchange.FACTS, "log", Message(bytes(MIB)))
    await bury(bus, FIRST)
    with pytest.raises(Refused, match=r"log\.facts is full"):
        await remote.replay(FACTS)
    assert await remote.count(FACTS) == 1


async def test_without_a_broker_they_are_away(bus: InProcessBus, remote: RemoteDeadLetters) -> None:
    bus.broker.stop()
    with pytest.raises(BusUnavailable):
        await remote.count(FACTS)


async def test_another_services_token_is_refused(url: str) -> None:
    scheduler = RemoteDeadLetters([url], "other")
    with pytest.raises(Forbidden):
        await scheduler.peek(FACTS)
    await scheduler.close()
