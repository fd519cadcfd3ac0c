"""The observer: whom it doesn't hear, since when it counts, and what it says before it answers again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.port import Message
from runfold.bus.topology import FACTS, Exchange, work
from runfold.contracts import executor as x
from runfold.contracts.envelope import Context, record
from runfold.contracts.job import JobPlaced
from runfold.contracts.registry import Event
from runfold.contracts.wire import decode, encode
from runfold.domain.cell.touch import new_events
from runfold.domain.instance.silence import GRACE, MARGIN
from runfold.eventlog.adapters.cursors_memory import MemoryCursorStore
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.port import Append
from runfold.eventlog.writer import Writer
from runfold.log import bootstrap
from runfold.log.deliveries import Deliveries
from runfold.log.silence import AFTER, LOOK
from runfold.service.component import Component
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.system import SystemClock, SystemIds
from runfold.service.vault import Vault
from runfold.service.view import View
from tests.unit.domain import things
from tests.unit.service.virtual_time import run_virtual

LOST = 150 + GRACE + MARGIN
PLACED = JobPlaced("job", "run", "attempt", "instance", "host", things.SMALL, stop_after=150)


@dataclass
class World:
    """A log service, and the host it observes."""

    store: MemoryStore = field(default_factory=MemoryStore)
    bus: InProcessBus = field(default_factory=InProcessBus)
    ids: SystemIds = field(default_factory=SystemIds)
    answers: list[x.InventoryAnswered] = field(default_factory=list)
    silent_when_answered: list[bool] = field(default_factory=list)
    seq: int = 0

    async def begin(self) -> None:
        clock = SystemClock()
        self.writer = Writer(self.store, clock=clock, ids=self.ids)
        self.view = View(self.writer)
        runs = MemoryRunStore()
        self.service: Component = bootstrap.build(
            writer=self.writer,
            view=self.view,
            output=MemoryOutputStore(),
            runs=runs,
            rebuilds=StoredRebuilds(runs, self.writer),
            cursors=MemoryCursorStore(),
            vault=Vault(MemoryKeyStore(), "A" * 43 + "=", ids=self.ids),
            deliveries=Deliveries(Parcels("A" * 43 + "="), lambda: None, clock),
            bus=self.bus,
            clock=clock,
            ids=self.ids,
        )
        await self.writer.start()
        await self.view.start()
        await self.service.start()

    async def end(self) -> None:
        await self.service.stop()
        await self.view.stop()
        await self.writer.stop()

    async def happen(self, *events: Event) -> None:
        for event in events:
            (new,) = new_events([event], self.view.cell)
            told = record(new, self.ids.uuid7(), Context("service:test", "cause"))
            await self.view.reached((await self.writer.append(Append(self.ids.uuid7(), (told,)))).last)

    async def hear(self, message: Message) -> None:
        said = decode(message.body)
        if isinstance(said, x.InventoryAnswered):
            self.answers.append(said)
            self.silent_when_answered.append(self.silent)

    async def inventory(self) -> None:
        """Reported; taken, and answered if it can be, when this returns."""
        self.seq += 1
        report = x.InventoryReported("host", "0000000007", self.seq, 0, ())
        await self.bus.publish(Exchange.FACTS, FACTS.key, Message(encode(report)))
        await asyncio.sleep(0.1)

    async def report_for(self, seconds: float) -> None:
        for _ in range(int(seconds / 30)):
            await self.inventory()
            await asyncio.sleep(29.9)

    @property
    def silent(self) -> bool:
        return self.view.cell.instances["instance"].silent

    @property
    def lost(self) -> bool:
        return self.view.cell.attempts["attempt"].lost


def in_a_world(story: Callable[[World], Awaitable[None]]) -> None:
    async def live() -> None:
        world = World()
        await world.begin()
        await world.bus.consume(work("host"), world.hear)
        await world.happen(*things.a_place(), *things.submitted(), PLACED)
        await story(world)
        await world.end()

    run_virtual(live())


def test_a_host_that_takes_inventory_is_never_silent() -> None:
    async def story(world: World) -> None:
        await world.report_for(600)
        assert (world.silent, world.lost) == (False, False)

    in_a_world(story)


def test_one_that_stops_is_silent_and_then_its_attempt_is_lost() -> None:
    async def story(world: World) -> None:
        await world.report_for(300)
        await asyncio.sleep(AFTER - 31)
        assert not world.silent
        await asyncio.sleep(1 + LOOK)
        assert (world.silent, world.lost) == (True, False)
        await asyncio.sleep(LOST - AFTER - LOOK)
        assert not world.lost
        await asyncio.sleep(2 * LOOK)
        assert world.lost

    in_a_world(story)


def test_one_that_comes_back_in_time_is_answered_once_the_log_says_so_and_loses_nothing() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(LOST - 2 * LOOK)
        assert (world.silent, world.lost) == (True, False)
        await world.inventory()
        assert world.silent_when_answered == [False]
        assert [a.attempt_id for a in world.answers[0].assignments] == ["attempt"]
        assert world.answers[0].incarnation == "0000000007"
        await asyncio.sleep(60)
        assert (world.silent, world.lost) == (False, False)

    in_a_world(story)


def test_one_that_comes_back_too_late_is_told_to_stop_what_is_lost() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(LOST + LOOK)
        assert world.lost
        await world.inventory()
        (told,) = world.answers[0].assignments
        assert told.stop == x.StopOrder("attempt", 0)

    in_a_world(story)


def test_a_replica_that_takes_over_counts_from_its_own_start() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(AFTER - 10)
        await world.end()
        await world.begin()
        await asyncio.sleep(AFTER - 10)
        assert not world.silent
        await asyncio.sleep(10 + LOOK)
        assert world.silent
        await asyncio.sleep(LOST - AFTER - 2 * LOOK)
        assert not world.lost

    in_a_world(story)


def test_while_it_has_no_broker_itself_nobody_is_silent_and_then_it_counts_anew() -> None:
    async def story(world: World) -> None:
        await asyncio.sleep(AFTER - 10)
        world.bus.broker.stop()
        await asyncio.sleep(1000)
        assert (world.silent, world.lost) == (False, False)
        world.bus.broker.start()
        await asyncio.sleep(AFTER - 10)
        assert not world.silent
        await asyncio.sleep(10 + LOOK)
        assert world.silent

    in_a_world(story)


def test_a_replica_that_was_replaced_and_does_not_know_answers_nobody() -> None:
    async def story(world: World) -> None:
        await world.inventory()
        assert len(world.answers) == 1
        other = Writer(world.store, clock=SystemClock(), ids=world.ids)
        await other.start()
        await world.inventory()
        assert len(world.answers) == 1
        await other.stop()

    in_a_world(story)
