"""The log over a network: what `runfold.eventlog.adapters.remote` is to real processes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from runfold.contracts.envelope import Commit
from runfold.eventlog.port import Append, Appended, EventLogError, Head, NotActive, Unavailable
from runfold.eventlog.writer import Writer
from tests.simulation.chance import Chance
from tests.simulation.node import Node

T = TypeVar("T")

#: Seconds until the next replica is asked, and until there is no answer.
ANSWER_WITHIN, PATIENCE = 2.0, 10.0
_PAUSE = 0.1


@dataclass(slots=True)
class Replicas:
    """The log replicas that can be reached, newest first; `lost` is how likely a request or an answer gets lost."""

    chance: Chance
    on_ack: Callable[[str, Append, Appended], None]  #: with the name of the node that is told
    writers: list[tuple[Node, Writer]] = field(default_factory=list)
    lost: float = 0.0

    def add(self, node: Node, writer: Writer) -> None:
        self.writers = [(node, writer), *((n, w) for n, w in self.writers if n.alive)]


class Witnessed:
    """The log in one's own process, with a witness of what it acknowledges."""

    def __init__(self, node: Node, writer: Writer, on_ack: Callable[[str, Append, Appended], None]) -> None:
        self._node, self._writer, self._on_ack = node, writer, on_ack
        self.head, self.read, self.wait = writer.head, writer.read, writer.wait

    async def append(self, append: Append) -> Appended:
        appended = await self._writer.append(append)
        self._on_ack(self._node.name, append, appended)
        return appended


class SimLog:
    """One node's client. The same append goes to one replica after the other, until one answers."""

    def __init__(self, node: Node, replicas: Replicas) -> None:
        self._node, self._replicas = node, replicas

    async def append(self, append: Append) -> Appended:
        appended = await self._ask(lambda writer: writer.append(append), PATIENCE)
        self._replicas.on_ack(self._node.name, append, appended)
        return appended

    async def head(self) -> Head:
        return await self._ask(lambda writer: writer.head(), PATIENCE)

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        return await self._ask(lambda writer: writer.read(after, limit), PATIENCE)

    async def wait(self, after: int, seconds: float) -> Head:
        return await self._ask(lambda writer: writer.wait(after, seconds), PATIENCE, seconds)

    async def _ask(self, call: Callable[[Writer], Awaitable[T]], patience: float, extra: float = 0.0) -> T:
        deadline = asyncio.get_running_loop().time() + patience + extra
        while asyncio.get_running_loop().time() < deadline:
            for node, writer in self._replicas.writers:
                try:
                    return await self._one(node, writer, call, ANSWER_WITHIN + extra)
                except (Unavailable, NotActive):
                    continue
            await asyncio.sleep(_PAUSE)
        raise Unavailable("the log service doesn't answer")

    async def _one(
        self, replica: Node, writer: Writer, call: Callable[[Writer], Awaitable[T]], seconds: float
    ) -> T:
        await self._node.port()
        self._maybe_lost()
        if not replica.alive:
            raise Unavailable("connection refused")
        self._maybe_cut(replica)
        answer = replica.spawn(_answered(replica, writer, call), "answer")
        await asyncio.wait([answer], timeout=seconds)
        await self._node.port()
        self._maybe_lost()
        self._maybe_cut(replica)
        if not answer.done() or answer.cancelled():
            raise Unavailable("no answer")
        result = answer.result()
        if isinstance(result, EventLogError):
            raise result
        return result

    def _maybe_cut(self, replica: Node) -> None:
        if self._node.cut or replica.cut:
            raise Unavailable("cut off")

    def _maybe_lost(self) -> None:
        if self._replicas.chance.happens(self._replicas.lost):
            raise Unavailable("lost on the way")


async def _answered(
    replica: Node, writer: Writer, call: Callable[[Writer], Awaitable[T]]
) -> T | EventLogError:
    """The replica's side of a request."""
    await replica.gate()
    try:
        result = await call(writer)
    except EventLogError as error:
        await replica.gate()
        return error
    await replica.gate()
    return result
