"""What is sent to MongoDB, and what happens while it is gone."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from runfold.eventlog.adapters.mongo import MongoStore, client_of
from runfold.eventlog.port import Append, Appended, NumberTaken, Unavailable
from runfold.eventlog.writer import Writer
from tests.contract.eventlog.given import CLOCK, IDS, an_append, append_ids, everything
from tests.contract.eventlog.worlds import World
from tests.servers import Breakable
from tests.servers.fixtures import Database

on_mongo = pytest.mark.parametrize("world", ["mongo"], indirect=True)


class Commands(CommandListener):
    """What the driver sent, but for its own greetings."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in ("insert", "find"):
            self.sent.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...

    def named(self, name: str) -> list[dict[str, Any]]:
        return [command for command in self.sent if name in command]


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def store(mongo_database: Database, commands: Commands) -> Iterator[MongoStore]:
    store = MongoStore.connect(mongo_database.url, mongo_database.name, listeners=[commands])
    yield store
    asyncio.run(store.close())


async def test_inserts_ask_for_a_journaled_majority_in_bounded_time(
    store: MongoStore, commands: Commands
) -> None:
    writer = await a_writer(store)

    await writer.append(an_append())

    inserts = commands.named("insert")
    assert [insert["documents"][0]["_id"] for insert in inserts] == [1, 2]
    for insert in inserts:
        concern = insert["writeConcern"]
        assert (concern["w"], concern["j"]) == ("majority", True)
        assert 0 < concern["wtimeout"] <= 10_000
        assert len(insert["documents"]) == 1


async def test_the_driver_repeats_no_write_even_if_its_address_says_so(
    mongo_database: Database, commands: Commands
) -> None:
    separator = "&" if "?" in mongo_database.url else "?"
    client = client_of(f"{mongo_database.url}{separator}retryWrites=true", [commands])
    writer = await a_writer(MongoStore(client, mongo_database.name))

    await writer.append(an_append())

    assert client.delegate.options.retry_writes is False
    # A write that the driver may repeat carries a transaction's number.
    assert not any("txnNumber" in insert for insert in commands.named("insert"))
    client.close()


async def test_reads_ask_for_what_a_majority_has_and_only_for_numbers(
    store: MongoStore, commands: Commands
) -> None:
    writer = await a_writer(store)
    await writer.append(an_append())

    await store.last()
    await store.read(0, 10)
    await store.outline(0, 10)
    await writer.head()

    finds = commands.named("find")
    assert finds
    for find in finds:
        assert find["readConcern"] == {"level": "majority"}
        assert find.get("$readPreference", {"mode": "primary"}) == {"mode": "primary"}
        assert set(find["filter"]) == {"_id"}
        wanted = find["filter"]["_id"]
        assert isinstance(wanted, int) or set(wanted) == {"$in"}
        assert "sort" not in find


@pytest.mark.parametrize("count", [0, 1, 2, 3, 17, 100])
async def test_the_last_commit_is_found_however_many_there_are(
    store: MongoStore, mongo_database: Database, count: int
) -> None:
    await fill(store, count)
    other = MongoStore.connect(mongo_database.url, mongo_database.name)

    for reader in (store, other):
        last = await reader.last()
        assert (last.number if last else 0) == count
    await other.close()


async def test_finding_the_last_of_many_takes_few_questions(
    store: MongoStore, mongo_database: Database
) -> None:
    await fill(store, 300)
    commands = Commands()
    other = MongoStore.connect(mongo_database.url, mongo_database.name, listeners=[commands])

    await other.last()
    await other.close()

    assert len(commands.named("find")) <= 6


async def test_a_read_of_many_large_commits_is_cut(store: MongoStore) -> None:
    writer = await a_writer(store)
    for _ in range(40):
        await writer.append(an_append(message="x" * 500_000))

    commits = await store.read(0, 256)

    assert 0 < len(commits) < 41
    assert [commit.number for commit in commits] == list(range(1, len(commits) + 1))


async def test_a_server_that_is_gone_is_unavailable_in_bounded_time(breakable_mongo: Breakable) -> None:
    store = MongoStore.connect(breakable_mongo.url, "gone")
    await fill(store, 2)
    breakable_mongo.kill()

    async with asyncio.timeout(30):
        with pytest.raises(Unavailable):
            await store.last()

    breakable_mongo.start()
    assert (await store.read(0, 9))[-1].number == 2
    await store.close()


async def test_a_server_that_freezes_is_unavailable_in_bounded_time(breakable_mongo: Breakable) -> None:
    store = MongoStore.connect(breakable_mongo.url, "frozen")
    await fill(store, 2)
    breakable_mongo.pause()

    async with asyncio.timeout(30):
        with pytest.raises(Unavailable):
            await store.last()

    breakable_mongo.resume()
    assert (await store.read(0, 9))[-1].number == 2
    await store.close()


async def test_a_server_killed_under_load_loses_and_doubles_nothing(breakable_mongo: Breakable) -> None:
    store = MongoStore.connect(breakable_mongo.url, f"killed-{IDS.uuid4()[:8]}")
    writer = Writer(store, clock=CLOCK, ids=IDS, patience=60)
    await writer.start()
    answers: list[tuple[Append, Appended]] = []

    async def load(worker: int) -> None:
        for i in range(30):
            append = an_append(f"run:{worker}-{i}")
            answers.append((append, await writer.append(append)))

    under_load = asyncio.gather(*map(load, range(8)))
    while len(answers) < 60:  # noqa: ASYNC110 - until the load is under way
        await asyncio.sleep(0.001)
    breakable_mongo.kill()
    breakable_mongo.start()
    await under_load

    # What a reader sees that knows nothing of the writer.
    fresh = MongoStore.connect(breakable_mongo.url, store.database)
    reader = Writer(fresh, clock=CLOCK, ids=IDS)
    assert sorted(await append_ids(reader)) == sorted(append.id for append, _ in answers)
    commits = await everything(reader)
    assert [commit.number for commit in commits] == list(range(1, len(commits) + 1))
    await writer.stop()
    await fresh.close()
    await store.close()


@on_mongo
async def test_two_connections_see_the_same_numbers_taken(world: World) -> None:
    one, other = world.store(), world.store()
    await fill(one, 1)

    [first] = await other.read(0, 1)
    with pytest.raises(NumberTaken):
        await other.insert(first)


async def a_writer(store: Any) -> Writer:
    writer = Writer(store, clock=CLOCK, ids=IDS)
    await writer.start()
    return writer


async def fill(store: Any, commits: int) -> None:
    """With this many commits, the first of which begins a term."""
    if not commits:
        return
    writer = await a_writer(store)
    for _ in range(commits - 1):
        await writer.append(an_append())
    await writer.stop()
