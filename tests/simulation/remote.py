"""The log over a network: what `runfold.eventlog.adapters.remote` is to real processes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from runfold.contracts.envelope import Commit
from runfold.eventlog.port import Append, Appended, EventLogError, Head, NotActive, Unavailable
from runfold.eventlog.runs import Generations, RunPage, RunQuery, RunReader, RunRow
from runfold.eventlog.writer import Writer
from tests.simulation.chance import Chance
from tests.simulation.node import Node

T = TypeVar("T")

#: Seconds until the next replica is asked, and until there is no answer.
ANSWER_WITHIN, PATIENCE = 2.0, 10.0
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Served:
    """What a log replica serves."""

    node: Node
    writer: Writer
    runs: RunReader


@dataclass(slots=True)
class Replicas:
    """The log replicas that can be reached, newest first; `lost` is how likely a request or an answer gets lost."""

    chance: Chance
    on_ack: Callable[[str, Append, Appended], None]  #: with the name of the node that is told
    served: list[Served] = field(default_factory=list)
    lost: float = 0.0

    def add(self, node: Node, writer: Writer, runs: RunReader) -> None:
        self.served = [Served(node, writer, runs), *(each for each in self.served if each.node.alive)]


class Witnessed:
    """The log in one's own process, with a witness of what it acknowledges."""

    def __init__(self, node: Node, writer: Writer, on_ack: Callable[[str, Append, Appended], None]) -> None:
        self._node, self._writer, self._on_ack = node, writer, on_ack
        self.head, self.read, self.wait = writer.head, writer.read, writer.wait

    async def append(self, append: Append) -> Appended:
        appended = await self._writer.append(append)
        self._on_ack(self._node.name, append, appended)
        return appended


class _Client:
    """One node's. The same request goes to one replica after the other, until one answers."""

    def __init__(self, node: Node, replicas: Replicas) -> None:
        self._node, self._replicas = node, replicas

    async def _ask(self, call: Callable[[Served], Awaitable[T]], patience: float, extra: float = 0.0) -> T:
        deadline = asyncio.get_running_loop().time() + patience + extra
        while asyncio.get_running_loop().time() < deadline:
            for served in self._replicas.served:
                try:
                    return await self._one(served, call, ANSWER_WITHIN + extra)
                except (Unavailable, NotActive):
                    continue
            await asyncio.sleep(_PAUSE)
        raise Unavailable("the log service doesn't answer")

    async def _one(self, served: Served, call: Callable[[Served], Awaitable[T]], seconds: float) -> T:
        replica = served.node
        await self._node.port()
        self._maybe_lost()
        if not replica.alive:
            raise Unavailable("connection refused")
        self._maybe_cut(replica)
        answer = replica.spawn(_answered(served, call), "answer")
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


class SimLog(_Client):
    async def append(self, append: Append) -> Appended:
        appended = await self._ask(lambda served: served.writer.append(append), PATIENCE)
        self._replicas.on_ack(self._node.name, append, appended)
        return appended

    async def head(self) -> Head:
        return await self._ask(lambda served: served.writer.head(), PATIENCE)

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        return await self._ask(lambda served: served.writer.read(after, limit), PATIENCE)

    async def wait(self, after: int, seconds: float) -> Head:
        return await self._ask(lambda served: served.writer.wait(after, seconds), PATIENCE, seconds)


class SimRunReader(_Client):
    """Rows, read through the log service."""

    async def generations(self) -> Generations:
        return await self._ask(lambda served: served.runs.generations(), PATIENCE)

    async def get(self, run_id: str) -> RunRow | None:
        return await self._ask(lambda served: served.runs.get(run_id), PATIENCE)

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        return await self._ask(lambda served: served.runs.of_attempt(attempt_id), PATIENCE)

    async def page(self, query: RunQuery) -> RunPage:
        return await self._ask(lambda served: served.runs.page(query), PATIENCE)


async def _answered(served: Served, call: Callable[[Served], Awaitable[T]]) -> T | EventLogError:
    """The replica's side of a request."""
    await served.node.gate()
    try:
        result = await call(served)
    except EventLogError as error:
        await served.node.gate()
        return error
    await served.node.gate()
    return result
