"""Secrets that go while an attempt is on its way: whether it began, its executor alone can say."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.port import Message
from runfold.bus.topology import FACTS, Exchange, work
from runfold.contracts import executor as x
from runfold.contracts.envelope import Context, record
from runfold.contracts.project import SecretDeleted, SecretStored
from runfold.contracts.registry import Event
from runfold.contracts.wire import decode, encode
from runfold.domain.cell.touch import new_events
from runfold.domain.job.state import Attempt
from runfold.eventlog.adapters.cursors_memory import MemoryCursorStore
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.port import Append
from runfold.eventlog.writer import Writer
from runfold.log import bootstrap
from runfold.log.deliveries import Deliveries
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.system import SystemClock, SystemIds
from runfold.service.vault import Vault
from runfold.service.view import View
from tests.unit.domain import things

MASTER_KEY = "A" * 43 + "="
HOST, VALUE = "host", "s3cret"
DELETED = SecretDeleted("secret-1", things.PROJECT, "KEY")


@dataclass
class Log:
    """A log service, and the mouth and ears of the host where its one attempt is placed."""

    writer: Writer
    view: View
    bus: InProcessBus
    ids: SystemIds = field(default_factory=SystemIds)
    heard: "asyncio.Queue[x.Work]" = field(default_factory=asyncio.Queue)
    seq: int = 0

    @property
    def attempt(self) -> Attempt:
        return self.view.cell.attempts["attempt"]

    async def happen(self, *events: Event) -> None:
        for event in events:
            (new,) = new_events([event], self.view.cell)
            told = record(new, self.ids.uuid7(), Context("service:test", "cause"))
            await self.view.reached((await self.writer.append(Append(self.ids.uuid7(), (told,)))).last)

    async def hear(self, message: Message) -> None:
        said = decode(message.body)
        assert isinstance(said, x.Work)
        self.heard.put_nowait(said)

    async def inventory(self, *conditions: x.AttemptCondition) -> x.InventoryAnswered:
        """The answer to it; what was told before is passed over."""
        self.seq += 1
        await self._say(x.InventoryReported(HOST, "1", self.seq, 0, conditions))
        while True:
            async with asyncio.timeout(60):
                said = await self.heard.get()
            if isinstance(said, x.InventoryAnswered) and said.seq == self.seq:
                return said

    async def report(self, condition: x.AttemptCondition) -> None:
        """Returns once it is taken: facts are taken in order, and this inventory's answer comes after it."""
        self.seq += 1
        await self._say(x.AttemptsReported(HOST, "1", self.seq, (condition,)))
        await self.inventory(condition)

    async def _say(self, fact: x.Fact) -> None:
        await self.bus.publish(Exchange.FACTS, FACTS.key, Message(encode(fact)))


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    clock, ids, bus = SystemClock(), SystemIds(), InProcessBus()
    writer = Writer(MemoryStore(), clock=clock, ids=ids, sole=True)
    view = View(writer)
    vault = Vault(MemoryKeyStore(), MASTER_KEY, ids=ids)
    runs = MemoryRunStore()
    service = bootstrap.build(
        writer=writer,
        view=view,
        output=MemoryOutputStore(),
        runs=runs,
        rebuilds=StoredRebuilds(runs, writer),
        cursors=MemoryCursorStore(),
        vault=vault,
        deliveries=Deliveries(Parcels(MASTER_KEY), lambda: None, clock),
        bus=bus,
        clock=clock,
        ids=ids,
    )
    made = Log(writer, view, bus)
    await bus.consume(work(HOST), made.hear)
    await writer.start()
    await view.start()
    await service.start()
    secret = SecretStored("secret-1", things.PROJECT, "KEY", await vault.encrypt(things.PROJECT, VALUE))
    job = things.submitted(env={"VALUE": "${{ secrets.KEY }}"})
    await made.happen(*things.a_place(), secret, *job, things.placed())
    yield made
    await service.stop()
    await view.stop()
    await writer.stop()


async def test_one_whose_claim_is_on_its_way_when_its_secret_goes_runs_on(log: Log) -> None:
    """The host began it with the value, and its inventory is from the moment before."""
    said = await log.heard.get()
    assert isinstance(said, x.AttemptsAssigned)
    assert said.assigned[0].assignment.env["VALUE"] == VALUE
    await log.happen(DELETED)
    await log.inventory()
    assert not log.attempt.ended

    await log.report(things.condition(x.AttemptState.RUNNING, started_at=2))
    assert log.attempt.started_at == 2
    assert not log.attempt.ended


async def test_an_attempt_whose_secret_is_gone_is_told_of_without_values_and_why(log: Log) -> None:
    await log.happen(DELETED)
    (told,) = (await log.inventory()).assignments
    assert told.withheld == "secrets not found in the project: KEY"
    assert "VALUE" not in told.env


async def test_it_ends_once_its_host_says_that_it_never_began(log: Log) -> None:
    await log.happen(DELETED)
    told = things.condition(
        x.AttemptState.EXITED, exited_at=3, reason="executor_error", message="secrets not found"
    )
    await log.report(told)
    assert (log.attempt.ended, log.attempt.output_closed) == (True, True)
    assert (log.attempt.reason, log.attempt.message) == ("executor_error", "secrets not found")
