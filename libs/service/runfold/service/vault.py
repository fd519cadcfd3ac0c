"""Secret values as ciphertext: readable as long as their data key lies beside the log, and with the master key only.

A data key belongs to a project, or to a project and a month, so that what a month's events hold can be made unreadable
together. The key's name is bound to the ciphertext and to the wrapped key: neither can be passed off as another's.
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runfold.contracts.values import Ciphertext, Micros
from runfold.eventlog.keys import KeyStore
from runfold.ports import Ids

_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyGone(Exception):
    """The data key was deleted: nobody can read the value any more. Show `***`."""


class WrongMasterKey(Exception):
    """The data keys were wrapped by another master key than this one."""


class Vault:
    """Encrypts and decrypts under the keys of `keys`.

    `master_key` is base64 of 32 bytes; ValueError where it isn't. Methods raise Unavailable while the keys are away.
    """

    def __init__(self, keys: KeyStore, master_key: str, *, ids: Ids) -> None:
        self._keys = keys
        self._master = AESGCM(_decoded(master_key))
        self._ids = ids

    async def encrypt(self, project_id: str, value: str, *, month: str | None = None) -> Ciphertext:
        """`month` as `2026-11`, for what stands in events; None for stored secrets. Makes the key when it's the
        first."""
        name = key_name(project_id, month)
        cipher, nonce = AESGCM(await self._key_to_use(name)), self._random(_NONCE_BYTES)
        data = cipher.encrypt(nonce, value.encode(), name.encode())
        return Ciphertext(name, base64.b64encode(nonce).decode(), base64.b64encode(data).decode())

    async def decrypt(self, sealed: Ciphertext) -> str:
        """Raises KeyGone, also when another key has taken the deleted one's name."""
        wrapped = await self._keys.get(sealed.key)
        if wrapped is None:
            raise KeyGone(sealed.key)
        nonce, data = base64.b64decode(sealed.nonce), base64.b64decode(sealed.data)
        try:
            return (
                AESGCM(self._unwrapped(sealed.key, wrapped))
                .decrypt(nonce, data, sealed.key.encode())
                .decode()
            )
        except InvalidTag:
            raise KeyGone(sealed.key) from None

    async def destroy(self, project_id: str, *, month: str | None = None) -> None:
        """Deletes a key, so that all that was encrypted under it is unreadable for ever."""
        await self._keys.delete(key_name(project_id, month))

    async def _key_to_use(self, name: str) -> bytes:
        wrapped = await self._keys.get(name)
        if wrapped is None:
            # Another process may be first; then its key is used.
            wrapped = await self._keys.create(name, self._wrapped(name, self._random(_KEY_BYTES)))
        return self._unwrapped(name, wrapped)

    def _wrapped(self, name: str, key: bytes) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, name.encode())

    def _unwrapped(self, name: str, wrapped: bytes) -> bytes:
        try:
            return self._master.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise WrongMasterKey(
                f"key {name} was wrapped by another master key than RUNFOLD_MASTER_KEY"
            ) from None

    def _random(self, size: int) -> bytes:
        """At most 32 bytes, as random as the 256 bits of a token."""
        return hashlib.sha256(self._ids.token().encode()).digest()[:size]


def month_of(at: Micros) -> str:
    """The month, in UTC, whose key seals what stands in an event of that time: `2026-11`."""
    return f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m}"


def key_name(project_id: str, month: str | None = None) -> str:
    return f"project:{project_id}/{month}" if month else f"project:{project_id}"


def _decoded(master_key: str) -> bytes:
    try:
        key = base64.b64decode(
            master_key, altchars=b"-_" if set(master_key) & set("-_") else None, validate=True
        )
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError(
            f"the master key is base64 of {_KEY_BYTES} bytes; `openssl rand -base64 32` makes one"
        )
    return key
