"""Processes that are started again when they die, as an operator's platform does."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

from runfold.service.component import Component
from tests.simulation.chance import Chance
from tests.simulation.node import Node

C = TypeVar("C", bound=Component)
T = TypeVar("T")

#: Seconds that a process gets to stop by itself.
GRACE = 10.0


class Supervised(Generic[C]):
    """One service. `node` is its current process; `component` is None until that has started."""

    def __init__(
        self, name: str, make: Callable[[Node], C], chance: Chance, say: Callable[[str], None]
    ) -> None:
        self.name, self.crash_rate = name, 0.0
        self.component: C | None = None
        self._make, self._chance, self._say = make, chance, say
        self._count = 0
        self.zombies: list[Node] = []
        self.start()

    def start(self) -> None:
        self._count += 1
        node = self.node = Node(f"{self.name}-{self._count}", self._chance, crash_rate=self.crash_rate)
        self.component = None
        node.on_death(lambda: self._restart(node))
        self._say(f"{node.name} starts")
        node.spawn(self._run(node), "main")

    def tame(self) -> None:
        """From now on it doesn't die by itself, and what was replaced is gone.

        Which of both was the active one nobody can tell from outside: so the other is started anew.
        """
        self.crash_rate = self.node.crash_rate = 0.0
        for zombie in self.zombies:
            zombie.crash()
        if self.zombies:
            self.node.crash()

    def crash(self) -> None:
        self.node.crash()

    async def stop(self) -> None:
        """As SIGTERM does."""
        node, component = self.node, self.component
        if component is not None and node.alive:
            self._say(f"{node.name} is stopped")
            await asyncio.wait([node.spawn(component.stop(), "stop")], timeout=GRACE)
        node.crash()

    async def replace(self, seconds: float) -> None:
        """The process hangs, another is started in its place, and then the first one goes on."""
        zombie = self.node
        self.zombies.append(zombie)
        self._say(f"{zombie.name} hangs and is replaced")
        zombie.freeze()
        self.start()
        await asyncio.sleep(seconds)
        self._say(f"{zombie.name} goes on")
        zombie.thaw()

    async def ask(self, act: Callable[[C], Awaitable[T]], seconds: float) -> T | BaseException | None:
        """What comes of it in the process there is now; None when that isn't known."""
        node, component = self.node, self.component
        if component is None or not node.alive:
            return None
        task = node.spawn(_done(act, component), "ask")
        await asyncio.wait([task], timeout=seconds)
        if not task.done():
            task.cancel()
        if not task.done() or task.cancelled():
            return None
        return task.exception() or task.result()

    async def _run(self, node: Node) -> None:
        try:
            component = self._make(node)
            await component.start()
        except Exception as error:
            self._say(f"{node.name} can't start: {error!r}")
            node.crash()
            return
        self._say(f"{node.name} has started")
        if self.node is node:
            self.component = component

    def _restart(self, node: Node) -> None:
        self._say(f"{node.name} is dead")
        if self.node is not node:
            return
        self.component = None
        seconds = self._chance.one_of((0.01, 0.5, 5.0)) * self._chance.between(0.5, 1.0)
        asyncio.get_running_loop().call_later(seconds, self.start, context=Context())


async def _done(act: Callable[[C], Awaitable[T]], component: C) -> T:
    return await act(component)
