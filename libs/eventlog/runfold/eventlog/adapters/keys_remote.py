"""Keys read and made over the log service's HTTP interface; only wrapped ones travel."""

from urllib.parse import quote

from runfold.eventlog.adapters.replicas import Remote


class RemoteKeyStore(Remote):
    """A KeyStore in the log service."""

    async def get(self, name: str) -> bytes | None:
        return await self._replicas.get(_path(name), {}, self._deadline()) or None

    async def create(self, name: str, wrapped: bytes) -> bytes:
        return await self._replicas.ask("PUT", _path(name), self._deadline(), wrapped)

    async def delete(self, name: str) -> None:
        await self._replicas.ask("DELETE", _path(name), self._deadline())


def _path(name: str) -> str:
    return f"/keys/{quote(name, safe='')}"
