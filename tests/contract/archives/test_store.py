"""What any store of archives promises."""

import asyncio
import os

import aiohttp
import pytest

from runfold.eventlog.adapters.archives_memory import MemoryArchives
from runfold.eventlog.adapters.archives_remote import RemoteArchives
from runfold.eventlog.archives import MOST_BYTES, Archive, ArchiveStore
from runfold.eventlog.port import Forbidden
from tests.contract.archives.conftest import served


async def test_one_that_was_never_put_is_none(archives: ArchiveStore) -> None:
    assert await archives.get("nothing") is None


async def test_one_that_was_put_is_got_as_it_is(archives: ArchiveStore) -> None:
    archive = Archive("one", "user:ü", bytes(range(256)))
    await archives.keep(archive)
    assert await archives.get("one") == archive


async def test_the_largest_is_whole(archives: ArchiveStore) -> None:
    archive = Archive("large", "user:u1", os.urandom(MOST_BYTES))
    await archives.keep(archive)
    assert await archives.get("large") == archive


async def test_what_is_there_already_stays(archives: ArchiveStore) -> None:
    first = Archive("one", "user:u1", b"first")
    await archives.keep(first)
    await archives.keep(Archive("one", "user:u2", b"second"))
    assert await archives.get("one") == first


async def test_two_who_put_the_same_at_once_are_both_done(archives: ArchiveStore) -> None:
    archive = Archive("one", "user:u1", b"same")
    await asyncio.gather(*(archives.keep(archive) for _ in range(8)))
    assert await archives.get("one") == archive


async def test_only_the_gateway_gets_any() -> None:
    async with served(MemoryArchives()) as server:
        other = RemoteArchives([str(server.make_url(""))], "scheduler-token")
        with pytest.raises(Forbidden):
            await other.get("one")
        await other.close()


async def test_one_that_has_another_id_than_its_path_is_refused() -> None:
    async with served(MemoryArchives()) as server, aiohttp.ClientSession() as client:
        url, headers = server.make_url("/archives/one"), {"Authorization": "Bearer gateway-token"}
        async with client.put(url, data=b"no archive", headers=headers) as answer:
            assert answer.status == 422
