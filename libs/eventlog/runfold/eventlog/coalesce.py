"""One call that serves all who wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Coalesced(Generic[T]):
    """Answers everyone with the result of a call that began after they asked; who asks meanwhile shares the next."""

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Raises what the call raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
            self._next.add_done_callback(_retrieve)
        # Who gives up must not end the call of the others.
        return await asyncio.shield(self._next)

    async def _after(self, running: "asyncio.Task[T] | None") -> T:
        if running is not None and not running.done():
            await asyncio.wait([running])
        self._running, self._next = self._next, None
        return await self._call()


def _retrieve(task: asyncio.Task[T]) -> None:
    """When all who asked have gone, nobody else looks at the exception, and asyncio would complain."""
    if not task.cancelled():
        task.exception()
