"""Calls to backends: made for what waits for them, repeated when they fail, and their outcomes decided once."""

import asyncio
from collections.abc import Callable
from typing import Any

from runfold.contracts.instance import InstanceEnded, InstanceEnding, InstanceProvisioned, InstanceRequested
from runfold.contracts.values import Quantities
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.state import Instance
from runfold.provisioner.backend import Created, NoOffers
from runfold.provisioner.backends.local import LocalBackend
from runfold.provisioner.calls import PATIENCE, PAUSE, Calls
from runfold.service.tasks import Tasks
from tests.unit.domain.given import World, flat
from tests.unit.domain.things import CAPACITY, FOUNDED, fleet, host, provisioned, requested, submitted
from tests.unit.service.virtual_time import run_virtual

MACHINE = Created("host", "host", CAPACITY, "local")


class ScriptedBackend:
    """Each call does the next of `outcomes`: returns it, raises it, or (None) never answers."""

    name = "local"

    def __init__(self, *outcomes: Any) -> None:
        self._outcomes = list(outcomes)
        self.calls: list[str] = []

    async def create(self, fleet: Fleet, instance: Instance) -> Created:
        self.calls.append(f"create {instance.id}")
        made = await self._next()
        assert isinstance(made, Created)
        return made

    async def end(self, instance: Instance) -> None:
        self.calls.append(f"end {instance.id}")
        await self._next()

    async def _next(self) -> Any:
        outcome = self._outcomes.pop(0)
        if outcome is None:
            await asyncio.get_running_loop().create_future()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Desk:
    """`Calls` over a world, and whom it told that there is something new."""

    def __init__(self, world: World, backend: Any) -> None:
        self.world = world
        self.told: list[str] = []
        self.calls = Calls(world, {"local": backend}, Tasks(), self.told.append)  # type: ignore[arg-type]

    async def passes(self, seconds: float = 1.0) -> list[Any]:
        """What a pass decides after so many seconds; calls are begun in it."""
        self.calls.begin(self.world.cell)
        await asyncio.sleep(seconds)
        return flat(self.calls.outcomes(self.world.cell))


def a_request(*more: Any) -> World:
    return World().happens(*FOUNDED, host(), fleet(), requested(), *more)


def desk(world: World, backend: Any, scenario: Callable[[Desk], Any]) -> Any:
    async def run() -> Any:
        return await scenario(Desk(world, backend))

    return run_virtual(run())


def test_a_request_becomes_a_provisioned_instance() -> None:
    assert desk(a_request(), ScriptedBackend(MACHINE), Desk.passes) == [provisioned()]


def test_no_offers_end_the_request() -> None:
    ended = InstanceEnded("instance", "no_offers", "nothing suits")
    assert desk(a_request(), ScriptedBackend(NoOffers("nothing suits")), Desk.passes) == [ended]


def test_an_unknown_backend_ends_the_request() -> None:
    world = World().happens(*FOUNDED, fleet(backend="cloud"))
    world.happens(InstanceRequested("instance", "fleet", 0, "name-fleet-0", "cloud", "project"))
    (ended,) = desk(world, ScriptedBackend(), Desk.passes)
    assert (ended.reason, ended.message) == ("no_offers", "this provisioner has no backend cloud")


def test_a_call_is_made_once_and_its_outcome_kept_until_the_log_has_it() -> None:
    backend = ScriptedBackend(MACHINE)

    async def scenario(desk: Desk) -> None:
        assert await desk.passes() == [provisioned()]
        assert await desk.passes() == [provisioned()]
        assert backend.calls == ["create instance"]
        desk.world.happens(provisioned())
        assert await desk.passes() == []
        assert not desk.calls

    desk(a_request(), backend, scenario)


def test_a_failed_call_is_repeated_after_a_pause() -> None:
    backend = ScriptedBackend(OSError("no route"), MACHINE)

    async def scenario(desk: Desk) -> None:
        assert await desk.passes(PAUSE - 1) == []
        assert await desk.passes(2) == []
        assert desk.told == ["fleet"]
        assert await desk.passes() == [provisioned()]

    desk(a_request(), backend, scenario)


def test_a_call_without_answer_is_repeated() -> None:
    async def scenario(desk: Desk) -> None:
        assert await desk.passes(PATIENCE + PAUSE + 1) == []
        assert await desk.passes() == [provisioned()]

    desk(a_request(), ScriptedBackend(None, MACHINE), scenario)


def test_an_ending_instance_ends_once_its_backend_let_it_go() -> None:
    backend = ScriptedBackend(OSError("busy"), "gone")
    world = a_request(provisioned(), InstanceEnding("instance", "idle_timeout", "idle for 60 s"))

    async def scenario(desk: Desk) -> None:
        assert await desk.passes(PAUSE + 1) == []
        assert await desk.passes() == [InstanceEnded("instance", "idle_timeout", "idle for 60 s")]
        assert backend.calls == ["end instance", "end instance"]

    desk(world, backend, scenario)


def test_what_was_made_for_an_instance_that_began_to_end_meanwhile_is_let_go() -> None:
    backend = ScriptedBackend(MACHINE, "gone")

    async def scenario(desk: Desk) -> None:
        assert await desk.passes() == [provisioned()]
        desk.world.happens(InstanceEnding("instance", "terminated_by_user"))
        assert await desk.passes() == []
        assert await desk.passes() == [InstanceEnded("instance", "terminated_by_user")]
        assert backend.calls == ["create instance", "end instance"]

    desk(a_request(), backend, scenario)


def test_two_instances_of_a_fleet_never_lie_over_one_host() -> None:
    world = a_request(host("host-2"), requested("second", num=1))

    async def scenario(desk: Desk) -> None:
        assert await desk.passes() == [provisioned()]
        desk.world.happens(provisioned())
        await desk.passes()
        (second,) = await desk.passes()
        assert isinstance(second, InstanceProvisioned)
        assert (second.instance_id, second.host_id) == ("second", "host-2")

    desk(world, LocalBackend(world), scenario)  # type: ignore[arg-type]


def test_what_is_made_for_a_job_lies_over_a_host_that_can_run_it() -> None:
    tiny, large = host("a", Quantities(cpu=500)), host("b")
    wanted = requested(job="job")
    world = World().happens(*FOUNDED, tiny, large, fleet(), submitted(), wanted)
    (made,) = desk(world, LocalBackend(world), Desk.passes)  # type: ignore[arg-type]
    assert made.host_id == "b"


def test_an_instance_is_cut_as_its_fleet_asks_for() -> None:
    world = World().happens(*FOUNDED, host("odd", Quantities(cpu=3000)), host(), fleet(blocks=2), requested())
    (made,) = desk(world, LocalBackend(world), Desk.passes)  # type: ignore[arg-type]
    assert (made.host_id, made.blocks) == ("host", 2)
