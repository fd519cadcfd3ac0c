"""Keys read and made over the log service's HTTP interface; only wrapped ones travel."""

import asyncio
from random import Random
from urllib.parse import quote

from runfold.eventlog.adapters.replicas import Replicas


class RemoteKeyStore:
    """A KeyStore behind `urls`, the base URLs of the log service's replicas.

    `answer_within`: seconds after which the next replica is asked. `patience`: seconds after which it raises
    Unavailable.
    """

    def __init__(
        self, urls: list[str], token: str, *, answer_within: float = 2.0, patience: float = 10.0
    ) -> None:
        self._replicas = Replicas(urls, token, answer_within, Random())
        self._patience = patience

    async def get(self, name: str) -> bytes | None:
        return await self._replicas.get(_path(name), {}, self._deadline()) or None

    async def create(self, name: str, wrapped: bytes) -> bytes:
        return await self._replicas.ask("PUT", _path(name), self._deadline(), wrapped)

    async def delete(self, name: str) -> None:
        await self._replicas.ask("DELETE", _path(name), self._deadline())

    async def close(self) -> None:
        await self._replicas.close()

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._patience


def _path(name: str) -> str:
    return f"/keys/{quote(name, safe='')}"
