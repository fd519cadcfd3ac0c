"""What executors are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.port import Message
from runfold.bus.topology import work
from runfold.contracts import executor as x
from runfold.contracts.envelope import Context, record
from runfold.contracts.job import AttemptClaimed, AttemptLost, JobStopping
from runfold.contracts.registry import Event
from runfold.contracts.values import RegistryAuth
from runfold.contracts.wire import decode
from runfold.domain.cell.touch import new_events
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.port import Append
from runfold.eventlog.writer import Writer
from runfold.log.assignments import Assignments
from runfold.log.work import Work
from runfold.service.system import SystemClock
from runfold.service.tasks import Tasks
from runfold.service.vault import Vault
from runfold.service.view import View
from tests.unit.domain import things
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual

MASTER_KEY, ANOTHER = "A" * 43 + "=", "B" * 42 + "A="


@dataclass
class Told:
    """A log service's work, and what the executor of host `host` was told of it."""

    work: Work
    keys: MemoryKeyStore
    tasks: Tasks
    _writer: Writer
    _view: View
    _ids: CountingIds
    heard: list[tuple[str, str]] = field(default_factory=list)  #: type, attempt id

    async def happen(self, *events: Event) -> None:
        """Returns once they are folded."""
        new = new_events(events, self._view.cell)
        records = [record(each, self._ids.uuid7(), Context("test", "cause")) for each in new]
        appended = await self._writer.append(Append(self._ids.uuid7(), tuple(records)))
        await self._view.reached(appended.last)

    async def hear(self, message: Message) -> None:
        said = decode(message.body)
        match said:
            case x.AttemptAssigned():
                self.heard.append(("assigned", said.assignment.attempt_id))
            case x.AttemptStopped():
                self.heard.append(("stopped", said.stop.attempt_id))
            case _:
                raise AssertionError(said)


@asynccontextmanager
async def telling() -> AsyncIterator[Told]:
    """Not started."""
    ids, keys, bus, tasks = CountingIds(), MemoryKeyStore(), InProcessBus(), Tasks()
    writer = Writer(MemoryStore(), clock=SystemClock(), ids=ids, sole=True)
    view = View(writer)
    assignments = Assignments(view, Vault(keys, MASTER_KEY, ids=ids))
    told = Told(Work(view, assignments, bus, tasks), keys, tasks, writer, view, ids)
    await bus.consume(work("host"), told.hear)
    await writer.start()
    await view.start()
    yield told
    await tasks.stop()
    await bus.close()
    await view.stop()
    await writer.stop()


def test_an_assignment_that_cannot_be_made_keeps_no_other_from_its_host() -> None:
    async def live() -> None:
        async with telling() as told:
            told.work.start()
            another = Vault(told.keys, ANOTHER, ids=CountingIds())
            sealed = await another.encrypt(things.PROJECT, "hunter2", month="2026-11")
            unreadable = things.submitted(registry_auth=RegistryAuth("ann", sealed))
            await told.happen(*things.a_place())
            await told.happen(*unreadable, *things.submitted("run-2", "job-2"))
            await told.happen(things.placed(), things.placed("job-2", "run-2"))
            await asyncio.sleep(1)

            assert told.heard == [("assigned", "job-2-1")]
            assert told.tasks.failed is None

    run_virtual(live())


def test_who_takes_over_says_what_the_one_before_may_not_have_got_to() -> None:
    """What was claimed is only to be stopped; what has ended needs nothing."""

    async def live() -> None:
        async with telling() as told:
            await told.happen(*things.a_place())
            for number in (1, 2, 3, 4):
                job, run = f"job-{number}", f"run-{number}"
                await told.happen(*things.submitted(run, job))
                await told.happen(things.placed(job, run))
            for number in (2, 3, 4):
                await told.happen(AttemptClaimed(f"job-{number}", f"job-{number}-1", 1))
            await told.happen(JobStopping("job-3", "job-3-1", "terminated_by_user", 5))
            await told.happen(JobStopping("job-4", "job-4-1", "terminated_by_user", 5))
            await told.happen(AttemptLost("job-4", "job-4-1", "interrupted_by_no_capacity", "gone"))

            told.work.start()
            await asyncio.sleep(1)

            assert told.heard == [("assigned", "job-1-1"), ("stopped", "job-3-1")]

    run_virtual(live())
