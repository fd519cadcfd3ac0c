"""Calls to backends: one at a time for each instance, repeated until the log has an outcome of it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from runfold.contracts.instance import InstanceEnded, InstanceProvisioned
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.instance import decide as instances
from runfold.domain.instance.blocks import cut
from runfold.domain.instance.state import Instance
from runfold.domain.provisioning.plan import to_create, to_end
from runfold.provisioner.backend import Backend, NoOffers
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Seconds that a backend gets for one call, and those until a failed one is repeated.
PATIENCE = 60.0
PAUSE = 5.0


Outcome = InstanceProvisioned | InstanceEnded
Call = Callable[[Backend, Instance], Awaitable[Outcome]]


class Calls:
    """`again` is told the fleet in which there is something new to decide."""

    def __init__(
        self, view: View, backends: dict[str, Backend], tasks: Tasks, again: Callable[[str], None]
    ) -> None:
        self._view, self._backends, self._tasks, self._again = view, backends, tasks, again
        self._running: dict[str, None] = {}  #: instance ids
        self._outcomes: dict[str, Outcome] = {}  #: by instance id, until folded

    def __bool__(self) -> bool:
        """Whether there are outcomes that the log may not have yet."""
        return bool(self._outcomes)

    def begin(self, cell: Cell) -> None:
        """Makes the calls that instances of `cell` wait for."""
        for instance in to_create(cell):
            self._start("create", instance, self._create)
        for instance in to_end(cell):
            self._start("end", instance, self._end)

    def forget(self) -> None:
        """What came of earlier calls: another replica may have made them since. They are made again where need be."""
        self._outcomes.clear()

    def outcomes(self, cell: Cell) -> list[Decision]:
        """What came of them and isn't in the log; what can't be any more is dropped, and its call made again."""
        kept: dict[str, Outcome] = {}
        hosts: dict[tuple[str, str], None] = {}
        for instance_id, outcome in self._outcomes.items():
            if _open(cell, outcome) and not _doubles(cell, outcome, hosts):
                kept[instance_id] = outcome
        self._outcomes = kept
        return [Decision((outcome,), (streams.instance(id_),)) for id_, outcome in kept.items()]

    def _start(self, what: str, instance: Instance, call: Call) -> None:
        if instance.id not in self._running and instance.id not in self._outcomes:
            self._running[instance.id] = None
            self._tasks.start(f"{what} {instance.name}", self._call(what, instance, call))

    async def _call(self, what: str, instance: Instance, call: Call) -> None:
        try:
            self._outcomes[instance.id] = await self._outcome(instance, call)
        except Exception as error:
            log.warning("backend failed", call=what, instance=instance.name, error=str(error) or repr(error))
            await asyncio.sleep(PAUSE)
        finally:
            del self._running[instance.id]
            self._again(instance.fleet_id)

    async def _outcome(self, instance: Instance, call: Call) -> Outcome:
        backend = self._backends.get(instance.backend)
        if backend is None:
            message = f"this provisioner has no backend {instance.backend}"
            return InstanceEnded(instance.id, "no_offers", message)
        async with asyncio.timeout(PATIENCE):
            return await call(backend, instance)

    async def _create(self, backend: Backend, instance: Instance) -> Outcome:
        fleet = self._view.cell.fleets[instance.fleet_id]
        try:
            made = await backend.create(fleet, instance)
        except NoOffers as error:
            return InstanceEnded(instance.id, "no_offers", str(error))
        return InstanceProvisioned(
            instance.id,
            instance.fleet_id,
            made.host_id,
            made.hostname,
            made.capacity,
            made.region,
            made.price_micros,
            # A backend makes only what can be cut as the fleet asks for.
            cut(fleet.spec, made.capacity) or 1,
        )

    async def _end(self, backend: Backend, instance: Instance) -> InstanceEnded:
        await backend.end(instance)
        return instances.ended(instance)


def _open(cell: Cell, outcome: Outcome) -> bool:
    """Whether the instance still waits for just this."""
    instance = cell.instances.get(outcome.instance_id)
    if instance is None or instance.ended_at is not None:
        return False
    if instance.ending:
        return isinstance(outcome, InstanceEnded)
    return instance.host_id is None


def _doubles(cell: Cell, outcome: Outcome, hosts: dict[tuple[str, str], None]) -> bool:
    """Whether the fleet has another instance over that host by now, or gets it in this pass."""
    if isinstance(outcome, InstanceEnded):
        return False
    place = (outcome.fleet_id, outcome.host_id)
    taken = any(i.host_id == outcome.host_id for i in cell.fleets[outcome.fleet_id].instances)
    if taken or place in hosts:
        return True
    hosts[place] = None
    return False
