"""What any key store promises."""

import asyncio

import pytest

from runfold.eventlog.keys import KeyStore
from runfold.service.vault import KeyGone, Vault
from tests.unit.service.fakes import CountingIds

NAME = "project:0b9f3c1e/2026-11"
MASTER = "bWFzdGVyLWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE="


async def test_a_key_that_was_never_made_is_none(keys: KeyStore) -> None:
    assert await keys.get(NAME) is None


async def test_a_key_that_was_made_is_got_as_it_is(keys: KeyStore) -> None:
    wrapped = bytes(range(60))
    assert await keys.create(NAME, wrapped) == wrapped
    assert await keys.get(NAME) == wrapped


async def test_the_first_key_under_a_name_stands(keys: KeyStore) -> None:
    await keys.create(NAME, b"first")
    assert await keys.create(NAME, b"second") == b"first"
    assert await keys.get(NAME) == b"first"


async def test_two_who_make_a_key_at_once_agree_on_one(keys: KeyStore) -> None:
    made = await asyncio.gather(*(keys.create(NAME, b"key %d" % number) for number in range(8)))
    assert set(made) == {await keys.get(NAME)}


async def test_a_deleted_key_is_gone_and_its_name_free(keys: KeyStore) -> None:
    await keys.create(NAME, b"first")
    await keys.delete(NAME)
    assert await keys.get(NAME) is None
    assert await keys.create(NAME, b"second") == b"second"


async def test_deleting_twice_is_fine(keys: KeyStore) -> None:
    await keys.delete(NAME)
    await keys.delete(NAME)
    assert await keys.get(NAME) is None


@pytest.mark.parametrize("other", ["project:0b9f3c1e", "project:0b9f3c1e/2026-12", "a b/ü%2F?#"])
async def test_names_are_told_apart_exactly(keys: KeyStore, other: str) -> None:
    await keys.create(NAME, b"one")
    await keys.create(other, b"two")
    await keys.delete(NAME)
    assert await keys.get(other) == b"two"


async def test_a_vault_on_it_reads_what_it_wrote_until_the_key_is_destroyed(keys: KeyStore) -> None:
    vault = Vault(keys, MASTER, ids=CountingIds())
    sealed = await vault.encrypt("p1", "hunter2", month="2026-11")
    assert await vault.decrypt(sealed) == "hunter2"
    await vault.destroy("p1", month="2026-11")
    with pytest.raises(KeyGone):
        await vault.decrypt(sealed)
