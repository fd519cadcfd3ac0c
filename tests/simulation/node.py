"""A process of the simulation: its ports die before its tasks do, and nothing it began outlives it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar
from typing import Any, Protocol, TypeVar

from tests.simulation.chance import Chance

T = TypeVar("T")

_CURRENT: ContextVar["Node | None"] = ContextVar("node", default=None)


class Wire(Protocol):
    """A connection to the broker, which breaks and comes back."""

    def sever(self) -> None: ...

    def heal(self) -> None: ...


class Node:
    """`crash_rate` is the probability that it dies at a port call, which is before or after an effect."""

    def __init__(self, name: str, chance: Chance, *, crash_rate: float = 0.0) -> None:
        self.name, self.crash_rate = name, crash_rate
        self.alive = True
        #: Off from the log service and the database; each wire to the broker knows for itself.
        self.cut = False
        self._chance = chance
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._funeral: list[Callable[[], None]] = []
        self.wires: list[Wire] = []

    async def port(self) -> None:
        """Each call of a port passes here on its way out and on its way back."""
        loop = asyncio.get_running_loop()
        passed = loop.create_future()
        loop.call_later(self._chance.delay(), _wake, passed)
        await passed
        if self.alive and self._chance.happens(self.crash_rate):
            self.crash()
        await self.gate()

    async def gate(self) -> None:
        """Who is dead never gets an answer; who is frozen gets it late."""
        while self.alive and not self._thawed.is_set():
            await self._thawed.wait()
        if not self.alive:
            await asyncio.get_running_loop().create_future()

    def adopt(self, task: asyncio.Task[Any]) -> None:
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def enter(self) -> None:
        """From here on the current task, and what it begins, is this node's."""
        _CURRENT.set(self)
        task = asyncio.current_task()
        assert task is not None
        if task not in self._tasks:
            self.adopt(task)

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        context = Context()
        context.run(_CURRENT.set, self)
        return asyncio.get_running_loop().create_task(work, name=f"{self.name}: {name}", context=context)

    def on_death(self, last: Callable[[], None]) -> None:
        self._funeral.append(last)

    def freeze(self) -> None:
        self._thawed.clear()

    def thaw(self) -> None:
        self._thawed.set()

    def sever(self, *, from_log: bool, from_broker: bool) -> None:
        """Until `heal`; what is on its way arrives."""
        self.cut = from_log
        for wire in self.wires if from_broker else ():
            wire.sever()

    def heal(self) -> None:
        self.cut = False
        for wire in self.wires:
            wire.heal()

    def crash(self) -> None:
        """Dead at once; its tasks end as soon as the loop comes to them, however they resist."""
        if self.alive:
            self.alive = False
            self._thawed.set()
            for last in self._funeral:
                last()
            asyncio.get_running_loop().create_task(self._bury(), name=f"bury {self.name}", context=Context())

    async def _bury(self) -> None:
        for _ in range(100):
            if not self._tasks:
                return
            for task in list(self._tasks):
                task.cancel()
            await asyncio.sleep(0)
        raise RuntimeError(f"{self.name} does not die: {[task.get_name() for task in self._tasks]}")


def _wake(passed: asyncio.Future[None]) -> None:
    if not passed.done():
        passed.set_result(None)


def task_factory(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **options: Any
) -> asyncio.Task[T]:
    """Each task belongs to the node of the one that began it."""
    context: Context | None = options.get("context")
    task: asyncio.Task[T] = asyncio.Task(work, loop=loop, **options)
    node = _CURRENT.get() if context is None else context.get(_CURRENT)
    if node is not None:
        node.adopt(task)
    return task
