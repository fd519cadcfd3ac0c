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
from runfold.contracts.job import AttemptClaimed, AttemptLost, JobFinished, JobStopping
from runfold.contracts.registry import Event
from runfold.contracts.run import RunFinished
from runfold.contracts.values import RegistryAuth
from runfold.contracts.wire import decode
from runfold.domain.cell.touch import new_events
from runfold.domain.run.encoding import VERSION
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.port import Append
from runfold.eventlog.runs import Generation, Generations
from runfold.eventlog.writer import Writer
from runfold.log.assignments import Assignments
from runfold.log.deliveries import Deliveries
from runfold.log.recorder import Recorder
from runfold.log.work import MESSAGE_BYTES, Work
from runfold.service.address import Address
from runfold.service.parcels import Parcels
from runfold.service.run_rows import batches
from runfold.service.system import SystemClock
from runfold.service.tasks import Tasks
from runfold.service.vault import Vault
from runfold.service.view import Memory, View
from tests.unit.domain import things
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual

MASTER_KEY, ANOTHER = "A" * 43 + "=", "B" * 42 + "A="


@dataclass
class Told:
    """A log service's work, and what the executor of host `host` was told of it."""

    work: Work
    keys: MemoryKeyStore
    runs: MemoryRunStore
    tasks: Tasks
    _writer: Writer
    _view: View
    _ids: CountingIds
    heard: list[tuple[str, str]] = field(default_factory=list)  #: type, attempt id
    positions: dict[str, int] = field(default_factory=dict)  #: of what was assigned
    sizes: list[int] = field(default_factory=list)  #: of the messages, in bytes

    async def happen(self, *events: Event) -> None:
        """Returns once they are folded."""
        new = new_events(events, self._view.cell)
        records = [record(each, self._ids.uuid7(), Context("test", "cause")) for each in new]
        appended = await self._writer.append(Append(self._ids.uuid7(), tuple(records)))
        await self._view.reached(appended.last)

    @property
    def position(self) -> int:
        return self._view.cell.position

    async def hear(self, message: Message) -> None:
        said = decode(message.body)
        self.sizes.append(len(message.body))
        match said:
            case x.AttemptsAssigned():
                self.positions |= {each.assignment.attempt_id: each.position for each in said.assigned}
                self.heard += [("assigned", each.assignment.attempt_id) for each in said.assigned]
            case x.AttemptsForgotten():
                self.heard += [("forgotten", attempt_id) for attempt_id in said.attempt_ids]
            case x.AttemptsStopped():
                self.heard += [("stopped", order.attempt_id) for order in said.stops]
            case x.InventoryAnswered():
                self.heard += [("forgotten", attempt_id) for attempt_id in said.forget]
            case _:
                raise AssertionError(said)

    async def leave_memory(self) -> None:
        """All that is finished."""
        cell = self._view.cell
        await self.runs.replace(Generations(1, Generation(1, VERSION)))
        for batch in batches(cell, 0):
            await self.runs.write(1, batch.rows)
        self._view.in_rows(cell.position)


@asynccontextmanager
async def telling() -> AsyncIterator[Told]:
    """Not started."""
    ids, keys, bus, tasks = CountingIds(), MemoryKeyStore(), InProcessBus(), Tasks()
    deliveries = Deliveries(Parcels(MASTER_KEY), lambda: Address("http://gateway"), SystemClock())
    writer = Writer(MemoryStore(), clock=SystemClock(), ids=ids, sole=True)
    view, runs = View(writer, memory=Memory(0)), MemoryRunStore()
    assignments = Assignments(view, Vault(keys, MASTER_KEY, ids=ids), deliveries)
    recorder = Recorder(writer, view, ids)
    told = Told(Work(view, recorder, assignments, runs, bus, tasks), keys, runs, tasks, writer, view, ids)
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


def test_who_still_has_an_attempt_of_a_run_that_left_memory_is_told_to_forget_it() -> None:
    """As of any finished one; of what isn't known at all nothing is said: it may have been placed since."""

    async def live() -> None:
        async with telling() as told:
            told.work.start()
            await told.happen(*things.a_place(), *things.submitted(), things.placed())
            end = JobFinished("job", "run", "attempt", "done", "done_by_runner", 0)
            await told.happen(end, RunFinished("run", "done", "all_jobs_done"))
            await asyncio.sleep(1)
            await told.leave_memory()
            told.heard.clear()
            known = [condition("attempt"), condition("unknown")]
            await told.work.answer(x.InventoryReported("host", "1", 1, 0, tuple(known)))
            await asyncio.sleep(1)
            assert told.heard == [("forgotten", "attempt")]

    run_virtual(live())


def condition(attempt_id: str) -> x.AttemptCondition:
    return x.AttemptCondition(attempt_id, "job", x.AttemptState.EXITED, exit_status=0)


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


def test_what_a_host_is_to_start_comes_in_one_message_and_each_keeps_its_own_position() -> None:
    async def live() -> None:
        async with telling() as told:
            told.work.start()
            await told.happen(*things.a_place())
            await told.happen(*(e for n in range(3) for e in things.submitted(f"run-{n}", f"job-{n}")))
            first = told.position + 1
            await told.happen(*(things.placed(f"job-{n}", f"run-{n}") for n in range(3)))
            await asyncio.sleep(1)

            assert told.positions == {f"job-{n}-1": first + n for n in range(3)}
            assert len(told.sizes) == 1

    run_virtual(live())


def test_no_message_is_too_large_but_for_what_is_so_alone() -> None:
    async def live() -> None:
        async with telling() as told:
            told.work.start()
            await told.happen(*things.a_place())
            for number, size in enumerate((0.4, 0.4, 1.1, 0.4)):
                # It goes as it was asked for, and as it is given.
                env = {"LARGE": "x" * int(size * MESSAGE_BYTES / 2)}
                await told.happen(*things.submitted(f"run-{number}", f"job-{number}", env=env))
            await told.happen(*(things.placed(f"job-{n}", f"run-{n}") for n in range(4)))
            await asyncio.sleep(1)

            assert told.heard == [("assigned", f"job-{n}-1") for n in range(4)]
            assert [round(size / MESSAGE_BYTES, 1) for size in told.sizes] == [0.8, 1.1, 0.4]

    run_virtual(live())


def test_what_is_told_together_comes_in_the_order_of_an_attempts_life() -> None:
    async def live() -> None:
        async with telling() as told:
            told.work.start()
            await told.happen(*things.a_place(), *things.submitted("run-1", "job-1"))
            await told.happen(*things.submitted("run-2", "job-2"), *things.submitted("run-3", "job-3"))
            await told.happen(things.placed("job-1", "run-1"), things.placed("job-2", "run-2"))
            await asyncio.sleep(1)
            told.heard.clear()

            refused = things.refused("job-1")
            stopping = JobStopping("job-2", "job-2-1", "terminated_by_user", 5)
            await told.happen(refused, stopping, things.placed("job-3", "run-3"))
            await asyncio.sleep(1)

            assert told.heard == [("assigned", "job-3-1"), ("stopped", "job-2-1"), ("forgotten", "job-1-1")]

    run_virtual(live())


MASTER_FIRST = things.a_gang("n0", "n1", startup_order="master-first")


def test_a_member_that_has_to_wait_for_another_is_assigned_once_that_has_begun() -> None:
    async def live() -> None:
        async with telling() as told:
            told.work.start()
            await told.happen(*things.a_place())
            await told.happen(*MASTER_FIRST)
            await told.happen(things.placed("n0"), things.placed("n1"))
            await asyncio.sleep(1)
            assert told.heard == [("assigned", "n0-1")]
            await told.happen(things.claimed("n0"), things.started("n0"))
            await asyncio.sleep(1)
            assert told.heard == [("assigned", "n0-1"), ("assigned", "n1-1")]

    run_virtual(live())


def test_a_member_that_waits_for_another_and_is_stopped_is_told_of_both_so_that_it_is_over() -> None:
    async def live() -> None:
        async with telling() as told:
            told.work.start()
            await told.happen(*things.a_place())
            await told.happen(*MASTER_FIRST)
            await told.happen(things.placed("n0"), things.placed("n1"), things.claimed("n0"))
            await told.happen(JobStopping("n1", "n1-1", "terminated_by_server"))
            await asyncio.sleep(1)
            assert told.heard[-2:] == [("assigned", "n1-1"), ("stopped", "n1-1")]

    run_virtual(live())
