"""Ids that count, and a component that does as it is told."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class CountingIds:
    def __init__(self, seed: str = "seed") -> None:
        self._seed = seed
        self._count = 0

    def uuid7(self) -> str:
        return self._next()

    def uuid4(self) -> str:
        return self._next()

    def token(self) -> str:
        return self._next()

    def _next(self) -> str:
        self._count += 1
        return f"{self._seed}-{self._count}"


async def nothing() -> None:
    pass


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


class FakeComponent:
    name = "fake"

    def __init__(
        self,
        *,
        on_start: Callable[[], Coroutine[Any, Any, None]] = nothing,
        on_stop: Callable[[], Coroutine[Any, Any, None]] = nothing,
        reason: str | None = None,
    ) -> None:
        self._on_start = on_start
        self._on_stop = on_stop
        self.reason = reason
        self.calls: list[str] = []

    async def start(self) -> None:
        self.calls.append("start")
        await self._on_start()

    async def stop(self) -> None:
        self.calls.append("stop")
        await self._on_stop()

    def not_ready(self) -> str | None:
        return self.reason
