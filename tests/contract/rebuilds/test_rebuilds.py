"""Rebuilds, asked for where the rows are and over the log service's HTTP interface."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.domain.run.encoding import VERSION
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.port import Forbidden, Unavailable
from runfold.eventlog.runs import Generation, Generations
from runfold.eventlog.writer import Writer
from runfold.log.http.rebuilds import routes
from runfold.log.http.tokens import Tokens
from runfold.service.adapters.rebuilds_remote import RemoteRebuilds
from runfold.service.rebuilds import Rebuild, Rebuilds, StoredRebuilds
from runfold.service.system import SystemClock, SystemIds

TOKENS = Tokens({"gateway": "gateway-token", "scheduler": "scheduler-token"})


@pytest.fixture
def runs() -> MemoryRunStore:
    return MemoryRunStore()


@pytest.fixture
async def stored(runs: MemoryRunStore) -> AsyncIterator[StoredRebuilds]:
    writer = Writer(MemoryStore(), clock=SystemClock(), ids=SystemIds(), sole=True)
    await writer.start()
    yield StoredRebuilds(runs, writer)
    await writer.stop()


@pytest.fixture
async def url(stored: StoredRebuilds) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes(stored, TOKENS))
    async with TestServer(app) as server:
        yield str(server.make_url(""))


@pytest.fixture(params=["stored", "remote"])
async def rebuilds(
    request: pytest.FixtureRequest, stored: StoredRebuilds, url: str
) -> AsyncIterator[Rebuilds]:
    if request.param == "stored":
        yield stored
        return
    remote = RemoteRebuilds([url], "gateway-token", answer_within=0.2, patience=0.3)
    yield remote
    await remote.close()


async def test_without_any_generation_nothing_was_rebuilt(rebuilds: Rebuilds) -> None:
    assert await rebuilds.progress() == Rebuild(0, running=False, position=0, head=1)


async def test_it_is_begun_once_and_durable(rebuilds: Rebuilds, runs: MemoryRunStore) -> None:
    active = Generation(4, VERSION, "log", 1)
    await runs.replace(Generations(1, active))
    begun = await rebuilds.begin()
    assert begun == Rebuild(5, running=True, position=0, head=1)
    assert await rebuilds.begin() == await rebuilds.progress() == begun
    assert await runs.generations() == Generations(2, active, Generation(5, VERSION))


async def test_whoever_carries_it_out_is_told(rebuilds: Rebuilds, stored: StoredRebuilds) -> None:
    await rebuilds.begin()
    assert await stored.begun.wait(0)


async def test_it_is_over_once_what_was_built_is_active(rebuilds: Rebuilds, runs: MemoryRunStore) -> None:
    await rebuilds.begin()
    advanced = (await runs.generations()).advanced(1, "log", 1)
    assert advanced is not None
    await runs.replace(advanced)
    assert await rebuilds.progress() == Rebuild(1, running=True, position=1, head=1)
    await runs.replace(advanced.activated())
    assert await rebuilds.progress() == Rebuild(1, running=False, position=1, head=1)


async def test_why_it_does_not_get_on_is_told_until_somebody_asks_again(
    rebuilds: Rebuilds, runs: MemoryRunStore
) -> None:
    await rebuilds.begin()
    await runs.replace((await runs.generations()).failing(1, "run r makes no row"))
    assert await rebuilds.progress() == Rebuild(1, True, 0, 1, "run r makes no row")
    again = Rebuild(1, running=True, position=0, head=1)
    assert await rebuilds.begin() == await rebuilds.progress() == again


async def test_rows_that_are_away_are_told(rebuilds: Rebuilds, runs: MemoryRunStore) -> None:
    runs.refusing = True
    with pytest.raises(Unavailable):
        await rebuilds.begin()
    with pytest.raises(Unavailable):
        await rebuilds.progress()


async def test_only_the_gateway_may_ask(url: str, runs: MemoryRunStore) -> None:
    scheduler = RemoteRebuilds([url], "scheduler-token")
    with pytest.raises(Forbidden):
        await scheduler.begin()
    with pytest.raises(Forbidden):
        await scheduler.progress()
    await scheduler.close()
    assert await runs.generations() == Generations()
