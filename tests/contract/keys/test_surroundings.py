"""What holds for one key store alone."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.keys_remote import RemoteKeyStore
from runfold.eventlog.adapters.keys_sqlite import SqliteKeyStore
from runfold.eventlog.port import Forbidden, Unavailable
from tests.contract.keys.conftest import served, sqlite


def all_bytes_in(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


async def test_sqlite_keys_outlive_their_process(tmp_path: Path) -> None:
    async with sqlite(tmp_path / "keys.db") as store:
        await store.create("k", b"wrapped")
    async with sqlite(tmp_path / "keys.db") as store:
        assert await store.get("k") == b"wrapped"


async def test_a_deleted_sqlite_key_is_not_left_in_any_file(tmp_path: Path) -> None:
    store = SqliteKeyStore(tmp_path / "keys.db")
    await store.create("k", b"very recognizable wrapped key")
    await store.delete("k")
    left = all_bytes_in(tmp_path)
    await store.close()
    assert b"recognizable" not in left


async def test_a_sqlite_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    async with sqlite(tmp_path / "absent" / "keys.db") as store:
        with pytest.raises(Unavailable):
            await store.get("k")


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 403), ("scheduler-token", 403)])
async def test_keys_are_for_the_gateway_alone(token: str | None, status: int) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with served(MemoryKeyStore()) as server, ClientSession(headers=headers) as session:
        for method in ("GET", "PUT", "DELETE"):
            async with session.request(method, server.make_url("/keys/k"), data=b"x") as answer:
                assert answer.status == status


async def test_a_client_with_a_wrong_token_is_told_so_at_once() -> None:
    async with served(MemoryKeyStore()) as server:
        store = RemoteKeyStore([str(server.make_url(""))], "wrong")
        with pytest.raises(Forbidden):
            await store.get("k")
        await store.close()


@pytest.mark.parametrize("body", [b"", b"x" * 1025])
async def test_what_cannot_be_a_wrapped_key_is_refused(body: bytes) -> None:
    headers = {"Authorization": "Bearer gateway-token"}
    async with (
        served(MemoryKeyStore()) as server,
        ClientSession(headers=headers) as session,
        session.put(server.make_url("/keys/k"), data=body) as answer,
    ):
        assert answer.status == 422


async def test_a_log_service_whose_store_is_away_is_unavailable_in_time(tmp_path: Path) -> None:
    async with sqlite(tmp_path / "absent" / "keys.db") as away, served(away) as server:
        store = RemoteKeyStore([str(server.make_url(""))], "gateway-token", patience=0.1)
        with pytest.raises(Unavailable):
            await store.get("k")
        await store.close()
