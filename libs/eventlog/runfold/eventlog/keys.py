"""The data keys of secret values: the port of where they lie, wrapped, beside the log."""

from typing import Protocol


class KeyStore(Protocol):
    """Wrapped keys by name. Every method is durable when it returns, and raises Unavailable."""

    async def get(self, name: str) -> bytes | None:
        """None where there is no such key, or no longer."""

    async def create(self, name: str, wrapped: bytes) -> bytes:
        """Stores `wrapped` unless `name` has a key already; the one that stands, so that two who race agree."""

    async def delete(self, name: str) -> None:
        """What was encrypted under it can't be read any more. Deleting twice is fine."""

    async def close(self) -> None: ...
