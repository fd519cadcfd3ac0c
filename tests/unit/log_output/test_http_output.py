"""Output over HTTP: who may ask, and what is answered to what can't be."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from runfold.contracts.executor import OutputChunk
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.adapters.output_remote import RemoteOutput
from runfold.eventlog.output import OutputQuery
from runfold.eventlog.port import Forbidden, Unavailable
from runfold.log.http.output import routes
from runfold.log.http.tokens import Tokens

Client = TestClient[web.Request, web.Application]
TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture
def store() -> MemoryOutputStore:
    return MemoryOutputStore()


@pytest.fixture
async def client(store: MemoryOutputStore) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(routes(store, Tokens({"gateway": "secret"})))
    async with TestClient(TestServer(app)) as made:
        yield made


async def test_a_poll_answers_json_with_data_as_base64(client: Client, store: MemoryOutputStore) -> None:
    await store.append([OutputChunk("a", 0, 7, b"\xffhi"), OutputChunk("a", 3, 8, b"more")])
    body = {"attempt_id": "a", "query": {"limit": 1}}
    response = await client.post("/output/poll", json=body, headers=TOKEN)
    assert await response.json() == {"records": [{"offset": 0, "time": 7, "data": "/2hp"}], "cursor": "7"}


@pytest.mark.parametrize("path", ["/output/a", "/output/a/length"])
async def test_who_has_no_token_is_told_so(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 401
    assert (await client.get(path, headers={"Authorization": "Bearer wrong"})).status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"query": {}}, 422),
        ({"attempt_id": 5}, 422),
        ({"attempt_id": "a", "query": {"limit": "many"}}, 422),
        ({"attempt_id": "a", "query": {"cursor": "x"}}, 400),
        ({"attempt_id": "a", "unknown": 1}, 200),
    ],
)
async def test_a_poll_that_makes_no_sense_is_refused(
    client: Client, body: dict[str, object], status: int
) -> None:
    assert (await client.post("/output/poll", json=body, headers=TOKEN)).status == status


async def test_an_offset_is_a_natural_number(client: Client) -> None:
    assert (await client.get("/output/a?offset=-1", headers=TOKEN)).status == 400


async def test_a_store_that_is_away_is_told_as_503(client: Client, store: MemoryOutputStore) -> None:
    store.refusing = True
    response = await client.get("/output/a/length", headers=TOKEN)
    assert (response.status, response.headers["Retry-After"]) == (503, "1")


async def test_a_reader_with_a_wrong_token_is_told_at_once(client: Client) -> None:
    reader = RemoteOutput([str(client.make_url(""))], "wrong")
    with pytest.raises(Forbidden):
        await reader.poll("a", OutputQuery())
    await reader.close()


async def test_a_log_service_that_is_away_is_noticed_in_bounded_time() -> None:
    reader = RemoteOutput(["http://127.0.0.1:9"], "secret", patience=0.05)
    with pytest.raises(Unavailable):
        await reader.stored("a")
    await reader.close()
