"""What executors are told."""

import asyncio

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.port import Message
from runfold.bus.topology import work
from runfold.contracts import executor as x
from runfold.contracts.envelope import Context, record
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


def test_an_assignment_that_cannot_be_made_keeps_no_other_from_its_host() -> None:
    async def live() -> None:
        ids, keys, bus, tasks = CountingIds(), MemoryKeyStore(), InProcessBus(), Tasks()
        writer = Writer(MemoryStore(), clock=SystemClock(), ids=ids, sole=True)
        view = View(writer)
        told = Work(view, Assignments(view, Vault(keys, MASTER_KEY, ids=ids)), bus, tasks)
        heard: list[str] = []

        async def hear(message: Message) -> None:
            said = decode(message.body)
            assert isinstance(said, x.AttemptAssigned)
            heard.append(said.assignment.attempt_id)

        async def happen(*events: Event) -> None:
            records = [
                record(new, ids.uuid7(), Context("test", "cause")) for new in new_events(events, view.cell)
            ]
            await view.reached((await writer.append(Append(ids.uuid7(), tuple(records)))).last)

        await bus.consume(work("host"), hear)
        await writer.start()
        await view.start()
        told.start()
        sealed = await Vault(keys, ANOTHER, ids=ids).encrypt(things.PROJECT, "hunter2", month="2026-11")
        unreadable = things.submitted(registry_auth=RegistryAuth("ann", sealed))
        await happen(*things.a_place())
        await happen(*unreadable, *things.submitted("run-2", "job-2"))
        await happen(things.placed(), things.placed("job-2", "run-2"))
        await asyncio.sleep(1)

        assert heard == ["job-2-1"]
        assert tasks.failed is None
        await tasks.stop()
        await bus.close()
        await view.stop()
        await writer.stop()

    run_virtual(live())
