"""Samples over HTTP: who may ask, and what is answered to what can't be."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from runfold.contracts.metrics import Sample
from runfold.eventlog.adapters.metrics_memory import MemoryMetricsStore
from runfold.eventlog.metrics import KEPT, LATEST
from runfold.eventlog.port import Unavailable
from runfold.log.http.metrics import routes
from runfold.log.http.tokens import Tokens

Client = TestClient[web.Request, web.Application]
TOKEN = {"Authorization": "Bearer secret"}


class Away(MemoryMetricsStore):
    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        raise Unavailable("no database")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(routes(Away(), Tokens({"gateway": "secret"})))
    async with TestClient(TestServer(app)) as made:
        yield made


async def test_who_has_no_token_is_told_so(client: Client) -> None:
    assert (await client.get("/job-metrics/a")).status == 401
    assert (await client.get("/job-metrics/a", headers={"Authorization": "Bearer wrong"})).status == 403


@pytest.mark.parametrize("name", ["from", "before", "limit"])
async def test_bounds_are_natural_numbers(client: Client, name: str) -> None:
    assert (await client.get("/job-metrics/a", params={name: "-1"}, headers=TOKEN)).status == 400


async def test_a_store_that_is_away_is_worth_another_try(client: Client) -> None:
    response = await client.get("/job-metrics/a", headers=TOKEN)
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
