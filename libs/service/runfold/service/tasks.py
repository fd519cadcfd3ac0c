"""Background tasks of a component: none fails unseen, none outlives its owner."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from runfold.service.logging import get_logger

_log = get_logger("runfold.tasks")


class Tasks:
    """Owns background tasks. One that raises, or ends as if it were cancelled when nobody stops it, is logged and told
    by `failed`, for the component's `not_ready`."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[None], None] = {}  #: a set would end them in no reproducible order
        self._failed: str | None = None
        self._stopping = False

    @property
    def failed(self) -> str | None:
        """Which task failed first and why, or None."""
        return self._failed

    def __len__(self) -> int:
        return len(self._running)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work` until it returns, or until `stop`. Raises RuntimeError once stopping."""
        if self._stopping:
            work.close()
            raise RuntimeError(f"task {name} came after stop")
        task = asyncio.create_task(work, name=name)
        self._running[task] = None
        task.add_done_callback(self._ended)
        return task

    async def stop(self) -> None:
        """Cancels all and returns when the last has tidied up and ended; the process's deadline bounds that."""
        await self._end()

    async def end(self) -> None:
        """As `stop`, and new ones may be started after it."""
        await self._end()
        self._stopping, self._failed = False, None

    async def _end(self) -> None:
        self._stopping = True
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if task.cancelled():
            if not self._stopping and not task.cancelling():
                self._failed = (
                    self._failed or f"task {task.get_name()} ended by a cancellation that nobody asked for"
                )
                _log.error("task cancelled by nobody", task=task.get_name())
            return
        if (error := task.exception()) is None:
            return
        self._failed = self._failed or f"task {task.get_name()} failed: {error}"
        _log.error("task failed", task=task.get_name(), exc_info=error)
