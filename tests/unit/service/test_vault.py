"""Secret values are readable with both their data key and the master key, and not otherwise."""

import base64
from dataclasses import replace

import pytest

from runfold.contracts.values import Ciphertext
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.service.vault import KeyGone, Vault, WrongMasterKey
from tests.unit.service.fakes import CountingIds

MASTER = base64.b64encode(bytes(range(32))).decode()
OTHER_MASTER = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def keys() -> MemoryKeyStore:
    return MemoryKeyStore()


@pytest.fixture
def vault(keys: MemoryKeyStore) -> Vault:
    return Vault(keys, MASTER, ids=CountingIds())


@pytest.mark.parametrize("value", ["", "hunter2", "ünïcode 🔑\n", "x" * 100_000])
async def test_any_text_comes_back(vault: Vault, value: str) -> None:
    assert await vault.decrypt(await vault.encrypt("p1", value)) == value


async def test_the_ciphertext_names_its_key_and_shows_nothing_of_the_value(vault: Vault) -> None:
    stored = await vault.encrypt("p1", "hunter2")
    in_event = await vault.encrypt("p1", "hunter2", month="2026-11")
    assert (stored.key, in_event.key) == ("project:p1", "project:p1/2026-11")
    assert b"hunter2" not in base64.b64decode(stored.data)


async def test_the_same_value_twice_gives_two_ciphertexts(vault: Vault) -> None:
    first, second = await vault.encrypt("p1", "v"), await vault.encrypt("p1", "v")
    assert (first.nonce, first.data) != (second.nonce, second.data)


async def test_the_store_never_sees_a_key_in_the_clear(keys: MemoryKeyStore, vault: Vault) -> None:
    sealed = await vault.encrypt("p1", "hunter2")
    with pytest.raises(WrongMasterKey, match="project:p1"):
        await Vault(keys, OTHER_MASTER, ids=CountingIds()).decrypt(sealed)


async def test_another_process_with_the_same_master_key_reads_it(keys: MemoryKeyStore, vault: Vault) -> None:
    sealed = await vault.encrypt("p1", "hunter2")
    assert await Vault(keys, MASTER, ids=CountingIds("other")).decrypt(sealed) == "hunter2"


async def test_destroying_a_months_key_leaves_other_months_and_stored_secrets(vault: Vault) -> None:
    november = await vault.encrypt("p1", "v", month="2026-11")
    december = await vault.encrypt("p1", "v", month="2026-12")
    stored = await vault.encrypt("p1", "v")
    await vault.destroy("p1", month="2026-11")
    with pytest.raises(KeyGone):
        await vault.decrypt(november)
    assert await vault.decrypt(december) == await vault.decrypt(stored) == "v"


async def test_a_new_key_under_the_old_name_does_not_bring_the_value_back(vault: Vault) -> None:
    sealed = await vault.encrypt("p1", "old")
    await vault.destroy("p1")
    assert await vault.decrypt(await vault.encrypt("p1", "new")) == "new"
    with pytest.raises(KeyGone):
        await vault.decrypt(sealed)


async def test_a_wrapped_key_put_under_another_name_is_not_taken(keys: MemoryKeyStore, vault: Vault) -> None:
    sealed = await vault.encrypt("p1", "v")
    wrapped = await keys.get("project:p1")
    assert wrapped is not None
    await keys.create("project:p2", wrapped)
    with pytest.raises(WrongMasterKey):
        await vault.decrypt(replace(sealed, key="project:p2"))


async def test_a_changed_ciphertext_is_not_read(vault: Vault) -> None:
    sealed = await vault.encrypt("p1", "v")
    changed = bytearray(base64.b64decode(sealed.data))
    changed[0] ^= 1
    with pytest.raises(KeyGone):
        await vault.decrypt(Ciphertext(sealed.key, sealed.nonce, base64.b64encode(changed).decode()))


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(bytes(31)).decode(), "?" * 44])
def test_a_master_key_of_another_shape_is_refused(keys: MemoryKeyStore, key: str) -> None:
    with pytest.raises(ValueError, match="base64 of 32 bytes"):
        Vault(keys, key, ids=CountingIds())


async def test_a_master_key_in_url_safe_base64_is_the_same_key(keys: MemoryKeyStore) -> None:
    key = b"\xff" * 32
    sealed = await Vault(keys, base64.b64encode(key).decode(), ids=CountingIds()).encrypt("p1", "v")
    url_safe = Vault(keys, base64.urlsafe_b64encode(key).decode(), ids=CountingIds())
    assert await url_safe.decrypt(sealed) == "v"
