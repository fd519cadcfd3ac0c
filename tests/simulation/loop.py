"""The simulation's event loop: asyncio's, but that time jumps to the next timer and nothing is polled."""

import asyncio
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")


class _Handle:
    """What asyncio.Handle is, without what only debugging needs; `callback` is None once it is cancelled."""

    __slots__ = ("args", "callback", "context")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> None:
        self.args = args
        self.callback: Callable[..., object] | None = callback
        self.context = copy_context() if context is None else context

    def cancel(self) -> None:
        self.callback, self.args = None, ()

    def cancelled(self) -> bool:
        return self.callback is None


class SimLoop(asyncio.SelectorEventLoop):
    """Without files, sockets, signals and threads, so that it never polls; timers of one time fire as they were set.

    A simulation spends most of itself here: hence the heap of tuples, which compare in C, and handles that only
    run and are cancelled.
    """

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._set = count()
        self._timers: list[tuple[float, int, _Handle]] = []

    def time(self) -> float:
        return self._now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Handle:
        handle = _Handle(callback, args, context)
        self._ready.append(handle)  # type: ignore[attr-defined]
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Handle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> _Handle:
        timer = _Handle(callback, args, context)
        heapq.heappush(self._timers, (when, next(self._set), timer))
        return timer

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        if not ready:
            self._jump()
        for _ in range(len(ready)):
            handle = ready.popleft()
            callback = handle.callback
            if callback is None:
                continue
            try:
                handle.context.run(callback, *handle.args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                told = {"message": f"exception in {callback}", "exception": error}
                self.call_exception_handler(told)

    def _jump(self) -> None:
        """To the next timer that still counts, and to all that are due with it."""
        timers, ready = self._timers, self._ready  # type: ignore[attr-defined]
        while timers and (not ready or timers[0][0] <= self._now):
            when, _, timer = heapq.heappop(timers)
            if timer.callback is not None:
                self._now = max(self._now, when)
                ready.append(timer)
        if not ready:
            raise RuntimeError("every task waits, and no timer will ever wake one")


def run_simulated(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=SimLoop) as runner:
        return runner.run(work)
