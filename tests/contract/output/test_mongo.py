"""What is MongoDB's own: two writers at once, what is sent, and a server that goes away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from runfold.contracts.executor import OutputChunk
from runfold.eventlog.adapters.cursors_mongo import MongoCursorStore
from runfold.eventlog.adapters.mongo_documents import Database
from runfold.eventlog.adapters.output_mongo import MongoOutputStore
from runfold.eventlog.adapters.output_mongo_ends import PROBE
from runfold.eventlog.output import OutputQuery
from runfold.eventlog.output_rules import LATEST
from runfold.eventlog.port import Unavailable
from tests.servers import Breakable
from tests.servers.fixtures import Database as Where


class Sent(CommandListener):
    """The commands that a test sends."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, dict[str, Any]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.commands.append((event.command_name, dict(event.command)))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass

    def named(self, *names: str) -> list[dict[str, Any]]:
        return [command for name, command in self.commands if name in names]


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
async def database(mongo_database: Where, sent: Sent) -> AsyncIterator[Database]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        mongo_database.url, retryWrites=False, event_listeners=[sent]
    )
    yield client[mongo_database.name]
    client.close()


def one(offset: int, data: bytes = b"x", *, time: int = 1) -> OutputChunk:
    return OutputChunk("a", offset, time, data)


async def test_a_second_writer_that_knows_less_stores_nothing_twice(database: Database) -> None:
    first, second = MongoOutputStore(database), MongoOutputStore(database)
    await asyncio.gather(first.prepare(), second.prepare())
    await first.append([one(0, b"one")])
    await second.append([one(3, b"two")])
    assert await first.append([one(3, b"two"), one(6, b"three")]) == {"a": 11}
    assert await second.append([one(6, b"three"), one(11, b"!")]) == {"a": 12}
    for store in (first, second, MongoOutputStore(database)):
        assert (await store.read_from("a", 0)).data == b"onetwothree!"


async def test_two_writers_at_once_store_every_byte_once_and_in_order(database: Database) -> None:
    writers = [MongoOutputStore(database), MongoOutputStore(database)]
    output = bytes(range(100))
    await asyncio.gather(
        *(store.append([one(at, output[at : at + 7])]) for at in range(0, 100, 5) for store in writers)
    )
    for store in writers:
        assert (await store.read_from("a", 0)).data == output


async def test_an_end_that_was_written_long_ago_is_followed_to_the_real_one(database: Database) -> None:
    count = 2 * PROBE + 3
    for start in range(0, count, PROBE - 1):
        await MongoOutputStore(database).append(
            [one(at) for at in range(start, min(count, start + PROBE - 1))]
        )
    assert await MongoOutputStore(database).stored("a") == count


async def test_numbers_never_come_again_after_their_records_expired(database: Database) -> None:
    store = MongoOutputStore(database)
    await store.append([one(at, time=at + 1) for at in range(10)])
    await MongoOutputStore(database).delete_before(LATEST)
    assert await MongoOutputStore(database).append([one(10, b"y", time=0)]) == {"a": 11}
    page = await store.poll("a", OutputQuery())
    assert [(record.offset, record.time, record.data) for record in page.records] == [(10, 11, b"y")]


async def test_everything_is_written_and_read_by_majority(database: Database, sent: Sent) -> None:
    store, cursors = MongoOutputStore(database), MongoCursorStore(database)
    await store.append([one(0), one(5)])
    await store.append([one(1, b"2345")])
    await store.poll("a", OutputQuery())
    await store.delete_before(LATEST)
    await cursors.put("events", 1)
    await cursors.put("events", 2)
    writes, reads = sent.named("insert", "update", "delete"), sent.named("find")
    assert len(writes) >= 7
    assert len(reads) >= 7
    assert {command["writeConcern"]["w"] for command in writes} == {"majority"}
    assert {command["writeConcern"]["j"] for command in writes} == {True}
    assert {command["readConcern"]["level"] for command in reads} == {"majority"}
    assert not [command for command in writes if "txnNumber" in command]


async def test_a_server_that_goes_away_and_comes_back_costs_nothing(breakable_mongo: Breakable) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        breakable_mongo.url, retryWrites=False, serverSelectionTimeoutMS=200
    )
    store = MongoOutputStore(client["away"])
    stored = (await store.append([one(0, b"one")]))["a"]
    breakable_mongo.kill()
    with pytest.raises(Unavailable):
        await store.append([one(3, b"two")])
    with pytest.raises(Unavailable):
        await store.poll("a", OutputQuery())
    breakable_mongo.start()
    assert await store.append([one(0, b"one"), one(3, b"two")]) == {"a": stored + 3}
    assert (await store.read_from("a", 0)).data == b"onetwo"
    client.close()
