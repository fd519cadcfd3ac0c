"""Keys that end with the process."""


class MemoryKeyStore:
    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        return self._keys.get(name)

    async def create(self, name: str, wrapped: bytes) -> bytes:
        return self._keys.setdefault(name, wrapped)

    async def delete(self, name: str) -> None:
        self._keys.pop(name, None)

    async def close(self) -> None:
        pass
