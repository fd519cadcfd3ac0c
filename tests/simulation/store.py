"""The database of the simulation: durable, slow now and then, away now and then, and never quite sure to answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runfold.contracts.envelope import CommitRecord
from runfold.contracts.executor import OutputChunk
from runfold.contracts.values import Micros
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.output import OutputPage, OutputQuery, OutputSlice
from runfold.eventlog.port import NumberTaken, Unavailable
from runfold.eventlog.runs import Generations, RowDeletion, RunPage, RunQuery, RunRow
from tests.simulation.chance import Chance
from tests.simulation.node import Node


@dataclass(slots=True)
class StoreFaults:
    """Probabilities, for each call; `away` refuses all, as often as it was taken away."""

    refused: float = 0.0
    unanswered: float = 0.0
    phantom: float = 0.0
    away: int = 0
    deadly: bool = False  #: whoever commits next dies of it, once it stands and before anybody knows
    slow: float = 0.0  #: seconds that a commit takes at most
    slow_output: float = 0.0  #: seconds that a chunk of output takes at most


@dataclass(slots=True)
class Database:
    """What every log replica shares, and all that outlives them. `on_commit` sees each commit that stands."""

    chance: Chance
    on_commit: Callable[[CommitRecord], None]
    faults: StoreFaults = field(default_factory=StoreFaults)
    commits: MemoryStore = field(default_factory=MemoryStore)
    output: MemoryOutputStore = field(default_factory=MemoryOutputStore)
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    runs: MemoryRunStore = field(default_factory=MemoryRunStore)
    writing: int = 0  #: slow writes under way

    def ask(self, node: Node) -> None:
        if node.cut or self.faults.away or self.chance.happens(self.faults.refused):
            raise Unavailable("the database doesn't answer")

    async def write(self, slow: float) -> None:
        """The disk takes its time."""
        if not slow:
            return
        self.writing += 1
        try:
            await asyncio.sleep(self.chance.between(0, slow))
        finally:
            self.writing -= 1

    def lose_answer(self, node: Node) -> None:
        if node.cut or self.chance.happens(self.faults.unanswered):
            raise Unavailable("the database did it, perhaps")


class SimStore:
    """One log replica's hold on the commits."""

    def __init__(self, node: Node, database: Database) -> None:
        self._node, self._database = node, database

    async def insert(self, commit: CommitRecord) -> None:
        await self._node.port()
        await self._database.write(self._database.faults.slow)
        self._database.ask(self._node)
        if self._database.chance.happens(self._database.faults.phantom):
            raise NumberTaken("by what will be rolled back")
        commits = self._database.commits.commits
        if commit.number != len(commits) + 1:
            raise NumberTaken(f"{len(commits)} commits are there")
        commits.append(commit)
        self._database.on_commit(commit)
        if self._database.faults.deadly:
            self._database.faults.deadly = False
            self._node.crash()
        await self._database.write(self._database.faults.slow)
        await self._node.port()
        self._database.lose_answer(self._node)

    async def read(self, after: int, limit: int) -> list[CommitRecord]:
        await self._asked()
        return await self._database.commits.read(after, limit)

    async def outline(self, after: int, limit: int) -> list[CommitRecord]:
        await self._asked()
        return await self._database.commits.outline(after, limit)

    async def last(self) -> CommitRecord | None:
        await self._asked()
        return await self._database.commits.last()

    async def close(self) -> None:
        pass

    async def _asked(self) -> None:
        await self._node.port()
        self._database.ask(self._node)


class SimKeys:
    """One log replica's hold on the data keys of secrets."""

    def __init__(self, node: Node, database: Database) -> None:
        self._node, self._database = node, database

    async def get(self, name: str) -> bytes | None:
        await self._asked()
        return await self._database.keys.get(name)

    async def create(self, name: str, wrapped: bytes) -> bytes:
        await self._asked()
        return await self._database.keys.create(name, wrapped)

    async def delete(self, name: str) -> None:
        await self._asked()
        await self._database.keys.delete(name)

    async def close(self) -> None:
        pass

    async def _asked(self) -> None:
        await self._node.port()
        self._database.ask(self._node)


class SimOutput:
    """One log replica's hold on what jobs printed."""

    def __init__(self, node: Node, database: Database) -> None:
        self._node, self._database = node, database

    async def append(self, chunks: Sequence[OutputChunk]) -> dict[str, int]:
        await self._asked()
        await self._database.write(self._database.faults.slow_output)
        stored = await self._database.output.append(chunks)
        await self._node.port()
        self._database.lose_answer(self._node)
        return stored

    async def poll(self, attempt_id: str, query: OutputQuery) -> OutputPage:
        await self._asked()
        return await self._database.output.poll(attempt_id, query)

    async def read_from(self, attempt_id: str, offset: int, *, wait: float = 0.0) -> OutputSlice:
        await self._asked()
        return await self._database.output.read_from(attempt_id, offset, wait=wait)

    async def stored(self, attempt_id: str) -> int:
        await self._asked()
        return await self._database.output.stored(attempt_id)

    async def delete_before(self, time: Micros) -> int | None:
        await self._asked()
        return await self._database.output.delete_before(time)

    async def close(self) -> None:
        pass

    async def _asked(self) -> None:
        await self._node.port()
        self._database.ask(self._node)


class SimRuns:
    """One log replica's hold on the rows of runs."""

    def __init__(self, node: Node, database: Database) -> None:
        self._node, self._database = node, database

    async def generations(self) -> Generations:
        await self._asked()
        return await self._database.runs.generations()

    async def get(self, run_id: str) -> RunRow | None:
        await self._asked()
        return await self._database.runs.get(run_id)

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        await self._asked()
        return await self._database.runs.of_attempt(attempt_id)

    async def page(self, query: RunQuery) -> RunPage:
        await self._asked()
        return await self._database.runs.page(query)

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        await self._asked()
        await self._database.write(self._database.faults.slow)
        await self._database.runs.write(generation, rows, deletions)
        await self._answered()

    async def replace(self, generations: Generations) -> bool:
        await self._asked()
        await self._database.write(self._database.faults.slow)
        replaced = await self._database.runs.replace(generations)
        await self._answered()
        return replaced

    async def sweep(self) -> bool:
        await self._asked()
        swept = await self._database.runs.sweep()
        await self._answered()
        return swept

    async def close(self) -> None:
        pass

    async def _asked(self) -> None:
        await self._node.port()
        self._database.ask(self._node)

    async def _answered(self) -> None:
        await self._node.port()
        self._database.lose_answer(self._node)
