"""A log service whose finished runs become rows, as far as its tests need one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from runfold.contracts.envelope import Context, record
from runfold.contracts.job import JobFinished
from runfold.contracts.registry import Event
from runfold.contracts.run import RunFinished
from runfold.domain.cell.touch import new_events
from runfold.domain.run.encoding import encode
from runfold.domain.run.state import Run
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.port import Append, Unavailable
from runfold.eventlog.runs import Generation, Generations, RowDeletion, RunRow
from runfold.eventlog.writer import Writer
from runfold.log.projector import Projector
from runfold.log.rebuilder import Rebuilder
from runfold.service import run_rows
from runfold.service.forgetting import Forgetting
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.run_rows import run_of
from runfold.service.system import SystemClock
from runfold.service.tasks import Tasks
from runfold.service.view import Memory, View
from tests.unit.domain import things
from tests.unit.service.fakes import CountingIds


class Noted(MemoryRunStore):
    """Says in which order it was written to; of the next `lost` writes nobody is told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = (
            None  #: happens once, before a write is answered
        )
        self.lost = 0

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        await super().write(generation, rows, deletions)
        told = [row.id for row in rows] + [f"no {gone.id}" for gone in deletions]
        self.calls.append(f"{generation}: {', '.join(told)}")
        if self.meanwhile is not None:
            happen, self.meanwhile = self.meanwhile, None
            await happen()
        self._maybe_lost()

    async def replace(self, generations: Generations) -> bool:
        replaced = await super().replace(generations)
        self.calls.append("checkpoint")
        self._maybe_lost()
        return replaced

    def _maybe_lost(self) -> None:
        if self.lost:
            self.lost -= 1
            raise Unavailable("no answer")


@dataclass
class Lived:
    """The active log service's part in it."""

    commits: MemoryStore
    runs: Noted
    memory: Memory
    ids: CountingIds = field(default_factory=CountingIds)
    tasks: Tasks = field(default_factory=Tasks)

    def __post_init__(self) -> None:
        self.writer = Writer(self.commits, clock=SystemClock(), ids=self.ids, sole=True)
        self.view = View(self.writer, memory=self.memory)
        self.rebuilds = StoredRebuilds(self.runs, self.writer)
        self.projector = Projector(self.view, self.writer, self.runs, self.rebuilds, self.ids, self.tasks)
        self.rebuilder = Rebuilder(
            self.writer, self.runs, self.rebuilds, self.ids, self.tasks, activated=self.projector.look
        )
        self.forgetting = Forgetting(self.view, self.writer, self.runs, self.ids)

    async def begin(self) -> None:
        await self.forgetting.start()
        await self.writer.start()
        await self.view.start()

    def project(self) -> None:
        self.projector.start()
        self.rebuilder.start()

    async def end(self) -> None:
        await self.tasks.end()
        self.projector.end()
        await self.forgetting.stop()
        await self.view.stop()
        await self.writer.stop()

    async def happen(self, *events: Event) -> None:
        new = new_events(events, self.view.cell)
        records = [record(each, self.ids.uuid7(), Context("test", "cause")) for each in new]
        appended = await self.writer.append(Append(self.ids.uuid7(), tuple(records)))
        await self.view.reached(appended.last)

    async def finish(self, *numbers: int) -> None:
        for number in numbers:
            run, job = f"run-{number}", f"job-{number}"
            await self.happen(*things.submitted(run, job))
            end = JobFinished(job, run, f"{job}-1", "done", "done_by_runner", 0)
            await self.happen(end, RunFinished(run, "done", "all_jobs_done"))

    @property
    async def active(self) -> Generation:
        active = (await self.runs.generations()).active
        assert active is not None
        return active

    async def rows(self) -> dict[str, RunRow]:
        return self.runs.rows.get((await self.active).number, {})

    async def shown(self) -> dict[str, tuple[Run, int]]:
        """Runs out of their rows, and the positions of these."""
        return {id_: (run_of(row), row.position) for id_, row in (await self.rows()).items()}


@asynccontextmanager
async def living(
    memory: int | None = 0, commits: MemoryStore | None = None, runs: Noted | None = None
) -> AsyncIterator[Lived]:
    lived = Lived(commits or MemoryStore(), runs or Noted(), Memory(memory))
    await lived.begin()
    if not commits:
        await lived.happen(*things.FOUNDED)
    try:
        yield lived
    finally:
        await lived.end()


def spoil(monkeypatch: pytest.MonkeyPatch, *spoiled: str) -> None:
    """No row is made of these runs."""

    def encode_others(run: Run) -> bytes:
        if run.id in spoiled:
            raise OverflowError("Integer value out of range")
        return encode(run)

    monkeypatch.setattr(run_rows, "encode", encode_others)
