"""A coroutine over a client of its own, from a command that isn't one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from runfold.client.asynchronous import AsyncClient

T = TypeVar("T")


def awaited(project: str | None, work: Callable[[AsyncClient], Awaitable[T]]) -> T:
    """What it comes to; Ctrl-C raises KeyboardInterrupt once everything is closed."""

    async def whole() -> T:
        async with AsyncClient.configured(project) as client:
            return await work(client)

    return asyncio.run(whole())
