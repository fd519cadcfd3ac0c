"""A service that dies at a point: `python -m tests.chaos.mortal SERVICE DIRECTORY` runs it, the rest is the product.

Whoever wants it to die writes the point into its fate, a file of DIRECTORY, which the service renames as it dies.
"""

import asyncio
import functools
import importlib
import inspect
import json
import os
import runpy
import signal
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from runfold.eventlog.runs import Generations
from tests.chaos.calls import CALLS, Call, Point

#: Seconds in which an acknowledgement, which the client library only puts into a line, leaves the process.
_FLUSH = 0.05

#: Generations that this process has seen being built, and not active yet.
_built: set[int] = set()
_queue: ContextVar[str] = ContextVar("queue", default="")


class Fate:
    """Of one service: at which point it is to die, and whether it has."""

    def __init__(self, directory: Path, service: str) -> None:
        self._file = directory / f"{service}.fate"
        self._met = directory / f"{service}.met"
        self._sealed = ""
        self._count = 0

    def seal(self, point: Point) -> None:
        """The service dies the next time it gets to `point`."""
        call = point.call
        self._met.unlink(missing_ok=True)
        partial = self._file.with_suffix(".new")
        partial.write_text(json.dumps([call.target, call.which, point.side, point.nth]))
        partial.replace(self._file)

    @property
    def met(self) -> bool:
        """Whether it has died of it."""
        return self._met.exists()

    def lift(self) -> None:
        """It may live."""
        self._file.unlink(missing_ok=True)

    def meet(self, target: str, which: str, side: str) -> None:
        """Ends this process, as a crash would, if this is where."""
        try:
            sealed = self._file.read_text()
        except FileNotFoundError:
            return
        if sealed != self._sealed:
            self._sealed, self._count = sealed, 0
        *where, nth = json.loads(sealed)
        if where != [target, which, side]:
            return
        self._count += 1
        if self._count == nth:
            self._file.rename(self._met)
            os.kill(os.getpid(), signal.SIGKILL)


def wrap(target: str, calls: list[Call], fate: Fate) -> None:
    """Replaces the function `target` by one that meets `fate` before and after it."""
    owner, name = resolve(target)
    method = calls[0].method
    original = getattr(owner, name)

    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def wrapper(*arguments: Any, **more: Any) -> Any:
            which = _which(method, arguments)
            fate.meet(target, which, "before")
            result = await original(*arguments, **more)
            if method == "acknowledge":
                await asyncio.sleep(_FLUSH)
            fate.meet(target, which, "after")
            return result

    else:

        @functools.wraps(original)
        def wrapper(*arguments: Any, **more: Any) -> Any:
            which = _which(method, arguments)
            fate.meet(target, which, "before")
            result = original(*arguments, **more)
            fate.meet(target, which, "after")
            return result

    setattr(owner, name, wrapper)


def resolve(target: str) -> tuple[Any, str]:
    """What holds the function, and its name there; raises ImportError, AttributeError where there's none."""
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    getattr(owner, name)
    return owner, name


def _which(method: str, arguments: tuple[Any, ...]) -> str:
    match method:
        case "Bus.publish":
            _, exchange, key, *_ = arguments
            return f"{exchange} {key}" if str(exchange).endswith(".output") else str(exchange)
        case "Bus.consume":
            return _kind(arguments[1].name)
        case "acknowledge":
            return _queue.get()
        case "answer":
            path: str = arguments[1].path
            return path[path.rindex("/") :]
        case "CommitStore.insert":
            return "term" if any(s.startswith("term:log") for s in arguments[1].streams) else ""
        case "RunStore.replace":
            return _step(arguments[1])
        case "Runtime.start" | "Runtime.stop" | "Runtime.remove":
            return str(arguments[0].name)
        case _:
            return ""


def _step(generations: Generations) -> str:
    """Of a rebuild, or of what goes on without one."""
    if generations.building is not None:
        _built.add(generations.building.number)
        return "building"
    if generations.active is not None and generations.active.number in _built:
        _built.discard(generations.active.number)
        return "activated"
    return "checkpoint"


def _kind(queue: str) -> str:
    return "executor" if queue.startswith("executor.") else queue or "follower"


def _remember_queues() -> None:
    """An acknowledgement doesn't say of which queue: it's of the one whose message its task has just delivered."""
    consumer = importlib.import_module("runfold.bus.adapters.rabbitmq.consumer")
    deliver: Callable[..., Any] = consumer.deliver

    @functools.wraps(deliver)
    async def remembering(queue: Any, *arguments: Any) -> Any:
        _queue.set(_kind(queue.name))
        return await deliver(queue, *arguments)

    consumer.deliver = remembering  # type: ignore[attr-defined]


def main(service: str, directory: Path) -> None:
    """Runs `service` until its end, or its fate."""
    fate = Fate(directory, service)
    by_target: dict[str, list[Call]] = {}
    for call in CALLS:
        if call.service == service:
            by_target.setdefault(call.target, []).append(call)
    for target, calls in by_target.items():
        wrap(target, calls, fate)
    _remember_queues()
    sys.argv = [f"runfold.{service}"]
    runpy.run_module(f"runfold.{service}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
