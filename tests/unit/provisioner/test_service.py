"""A provisioner as a service, over a log, on a clock that jumps: fleets that grow, idle and shrink for hours."""

import asyncio
from collections.abc import Awaitable, Callable

from runfold.bus.adapters.in_process import InProcessBus
from runfold.contracts.envelope import Context, record
from runfold.contracts.fleet import FleetSpec, FleetUpdated
from runfold.contracts.registry import Event
from runfold.domain.cell.touch import new_events
from runfold.domain.instance.state import Instance
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.port import Append
from runfold.eventlog.writer import Writer
from runfold.provisioner.bootstrap import build
from runfold.service.system import SystemIds
from runfold.service.view import View
from tests.unit.domain import things
from tests.unit.domain.given import SECOND, START
from tests.unit.service.virtual_time import run_virtual

HOUR = 3600


class LoopClock:
    """The loop's own time."""

    def now(self) -> int:
        return START + int(asyncio.get_running_loop().time() * SECOND)


class World:
    def __init__(self) -> None:
        self.ids, self.clock = SystemIds(), LoopClock()
        self.writer = Writer(MemoryStore(), clock=self.clock, ids=self.ids, sole=True)

    async def provision(self) -> None:
        """By a provisioner that knows nothing yet."""
        self.view = View(self.writer)
        self.provisioner = build(
            log=self.writer, view=self.view, bus=InProcessBus(), clock=self.clock, ids=self.ids
        )
        await self.view.start()
        await self.provisioner.start()

    async def stop(self) -> None:
        await self.provisioner.stop()
        await self.view.stop()

    async def happen(self, *events: Event) -> None:
        for event in events:
            told = record(new_events([event], self.view.cell)[0], self.ids.uuid7(), Context("test", "cause"))
            await self.view.reached((await self.writer.append(Append(self.ids.uuid7(), (told,)))).last)

    @property
    def instances(self) -> list[Instance]:
        return self.view.cell.fleets["fleet"].instances

    @property
    def idle(self) -> list[str]:
        return [instance.name for instance in self.instances if instance.idle]


def live(story: Callable[[World], Awaitable[None]]) -> None:
    async def run() -> None:
        world = World()
        await world.writer.start()
        await world.provision()
        await world.happen(*things.FOUNDED, things.host("a"), things.host("b"))
        await story(world)
        await world.stop()
        await world.writer.stop()

    run_virtual(run())


async def pass_by(seconds: float) -> None:
    """On the loop's own clock, which jumps."""
    await asyncio.sleep(seconds)


def test_a_fleet_begins_with_its_target_and_idles_down_to_its_minimum() -> None:
    async def story(world: World) -> None:
        await world.happen(things.fleet(nodes_min=1, nodes_target=2, idle_duration=HOUR))
        await pass_by(10)
        assert world.idle == ["name-fleet-0", "name-fleet-1"]
        await pass_by(HOUR - 60)
        assert world.idle == ["name-fleet-0", "name-fleet-1"]
        await pass_by(120)
        assert world.idle == ["name-fleet-1"]
        await pass_by(3 * HOUR)
        assert world.idle == ["name-fleet-1"]

    live(story)


def test_when_an_instance_has_idled_long_enough_is_known_to_who_takes_over() -> None:
    async def story(world: World) -> None:
        await world.happen(things.fleet(nodes_target=1, idle_duration=HOUR))
        await pass_by(HOUR / 2)
        await world.stop()
        await world.provision()
        await pass_by(HOUR / 2 - 60)
        assert world.idle == ["name-fleet-0"]
        await pass_by(120)
        assert world.instances == []

    live(story)


def test_without_an_idle_duration_nothing_ends_by_itself() -> None:
    async def story(world: World) -> None:
        await world.happen(things.fleet(nodes_target=2))
        await pass_by(10 * HOUR)
        assert world.idle == ["name-fleet-0", "name-fleet-1"]

    live(story)


def test_an_update_that_allows_fewer_takes_effect_at_once() -> None:
    async def story(world: World) -> None:
        await world.happen(things.fleet(nodes_target=2))
        await pass_by(10)
        await world.happen(FleetUpdated("fleet", FleetSpec(nodes_max=1)))
        await pass_by(10)
        assert world.idle == ["name-fleet-1"]

    live(story)
