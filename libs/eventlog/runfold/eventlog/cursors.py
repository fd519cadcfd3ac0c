"""Where a reader of the log got to: the port of its durable cursor."""

from typing import Protocol


class CursorStore(Protocol):
    """Named numbers that only grow; one that was never put is 0. A crash may take a cursor back, never forward."""

    async def get(self, name: str) -> int:
        """Raises Unavailable."""

    async def put(self, name: str, value: int) -> None:
        """Keeps the larger of `value` and what it is; raises Unavailable."""

    async def close(self) -> None: ...
