"""Cursors that end with the process."""


class MemoryCursorStore:
    def __init__(self) -> None:
        self._values: dict[str, int] = {}

    async def get(self, name: str) -> int:
        return self._values.get(name, 0)

    async def put(self, name: str, value: int) -> None:
        self._values[name] = max(value, self._values.get(name, 0))

    async def close(self) -> None:
        pass
