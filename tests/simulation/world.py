"""All five services, their users and their troubles, from one seed."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from runfold.contracts.cell import CellFounded
from runfold.contracts.envelope import Envelope
from runfold.contracts.fleet import FleetCreated, FleetSpec
from runfold.contracts.project import ProjectCreated, SecretStored
from runfold.contracts.user import UserCreated
from runfold.domain.run.encoding import VERSION
from runfold.service.component import Component
from runfold.service.vault import Vault
from tests.simulation import knobs
from tests.simulation.chance import Chance, SimClock
from tests.simulation.faults import TROUBLED, Faults
from tests.simulation.gateway import USER, SimGateway
from tests.simulation.incidents import Victims
from tests.simulation.loop import run_simulated
from tests.simulation.machine import Machine
from tests.simulation.network import Network
from tests.simulation.node import task_factory
from tests.simulation.oracle import Oracle, Violation
from tests.simulation.remote import Replicas
from tests.simulation.services import (
    MASTER_KEY,
    Parts,
    capacity,
    embedded_service,
    executor_service,
    gateway_service,
    log_service,
    provisioner_service,
    scheduler_service,
)
from tests.simulation.store import Database
from tests.simulation.supervised import Supervised
from tests.simulation.users import Users
from tests.simulation.verdict import dead_letters, unsettled, wrong_answers, wrong_ends, wrong_output
from tests.simulation.workload import LASTING, PROJECT, TOKEN, wishes

#: Seconds after the last trouble, and after the last event since then, by which everything has come to its end.
PATIENCE, SILENCE = 1800.0, 200.0
#: Seconds by which the longest life is over.
LIFETIME = 2500.0

FOUNDING = (
    CellFounded("cell-1", "simulated"),
    UserCreated(USER, "ann", "admin"),
    ProjectCreated(PROJECT, "main", USER),
    FleetCreated(LASTING[0], "local", FleetSpec()),
    FleetCreated(LASTING[1], "own", FleetSpec(idle_duration=15), PROJECT, USER),
)


@dataclass(slots=True)
class Told:
    """What came of a seed: what was violated, or None; the faults that happened; and, if asked for, all that did."""

    seed: int
    violation: str | None = None
    faults: tuple[str, ...] = ()
    trace: list[str] = field(default_factory=list)


class World:
    """`say` is told what happens, with the simulated time; None where nobody listens."""

    def __init__(self, told: Told, only: Collection[str] | None, *, trace: bool) -> None:
        self.chance = Chance(told.seed)
        self._told, self._trace = told, trace
        self._violation: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.oracle = Oracle(self._violated)
        if trace:
            self.oracle.listeners.append(self._tell)
        self.parts = Parts(
            self.chance,
            Network(self.chance),
            Database(self.chance, self.oracle.committed),
            Replicas(self.chance, self.oracle.acknowledged),
        )
        embedded = self.chance.happens(0.2)
        self.machines = [
            self._machine(number) for number in range(1 if embedded else self.chance.number(1, 3))
        ]
        if embedded:
            self._wire_embedded()
        else:
            self._wire_distributed()
        victims = Victims(self.parts, self.services, self.others, self.machines)
        self.faults = Faults(self.chance.branch(), victims, self.say, only)
        told.faults = self.faults.names
        self.faults.begin()

    def _wire_embedded(self) -> None:
        make = partial(embedded_service, self.parts, machine=self.machines[0])
        self.gateways: list[Supervised[SimGateway]] = [self._supervised("all-in-one", make)]
        self.services: list[Supervised[Any]] = []
        self.others: list[Supervised[Any]] = [*self.gateways]

    def _wire_distributed(self) -> None:
        parts = self.parts
        self.gateways = [
            self._supervised(f"gateway-{number}", partial(gateway_service, parts)) for number in (1, 2)
        ]
        replicas = 2 if self.chance.happens(0.4) else 1
        self.services = [
            *self.gateways,
            *self._replicas("log", log_service, replicas),
            *self._replicas("scheduler", scheduler_service, replicas),
            *self._replicas("provisioner", provisioner_service, replicas),
        ]
        self.others = [
            self._supervised(machine.name, partial(executor_service, parts, machine=machine))
            for machine in self.machines
        ]

    def _replicas(self, name: str, make: Callable[..., Component], count: int) -> list[Supervised[Any]]:
        """The second one stands by at first; the first one takes over whenever it starts, or stands by as well."""
        waits = [count > 1 and self.chance.happens(0.5), *[True] * (count - 1)]
        names = [name, f"{name}-b"]
        return [
            self._supervised(each, partial(make, self.parts, standby=standby))
            for each, standby in zip(names, waits, strict=False)
        ]

    async def run(self) -> None:
        """Returns once everything came to its end; raises Violation."""
        life = asyncio.create_task(self._live(), name="life")
        await asyncio.wait([life, self._violation], timeout=LIFETIME, return_when=asyncio.FIRST_COMPLETED)
        if not life.done():
            self.oracle.violated(f"not over after {LIFETIME:.0f} s: the cell isn't even founded")
        if self._violation.done():
            life.cancel()
            self._violation.result()
        life.result()

    async def _live(self) -> None:
        ids = self.parts.ids()
        users = Users(self.gateways, self.oracle, self.chance.branch(), ids, self.say)
        wanted = wishes(self.chance.branch(), ids, TROUBLED - 5)
        troubles = asyncio.create_task(self.faults.run(), name="troubles")
        rebuild = asyncio.create_task(self._rebuild(self.chance.branch()), name="rebuild")
        await self._found(users)
        users.want(wanted)
        await troubles
        await rebuild
        await self._settle(users)
        await self._judge(users)

    async def _found(self, users: Users) -> None:
        vault = Vault(self.parts.database.keys, MASTER_KEY, ids=self.parts.ids())
        secret = SecretStored("secret-1", PROJECT, "TOKEN", await vault.encrypt(PROJECT, TOKEN))
        await users.insist(lambda gateway: gateway.happen(*FOUNDING, secret), self.chance.branch())

    async def _rebuild(self, chance: Chance) -> None:
        """Somebody wants rows anew in the midst of it all, in some seeds."""
        if not chance.happens(0.4):
            return
        await asyncio.sleep(chance.between(0, TROUBLED))
        runs = self.parts.database.runs
        await runs.replace((await runs.generations()).wanting(VERSION))
        self.say("rows are to be rebuilt")

    async def _judge(self, users: Users) -> None:
        cell = self.oracle.cell
        wrong = [
            *wrong_ends(cell, users.accepted, lost_hosts=self.faults.lost_hosts),
            *[each async for each in self._wrong_output()],
            *[each async for each in wrong_answers(cell, users)],
            *[each async for each in dead_letters(self.parts.network.postman)],
        ]
        if wrong:
            raise Violation("; ".join(wrong))

    def _wrong_output(self) -> AsyncIterator[str]:
        return wrong_output(self.oracle.cell, self.parts.database, self.machines, cut_off=self.faults.cut_off)

    async def _settle(self, users: Users) -> None:
        loop, position = asyncio.get_running_loop(), None
        began = changed = loop.time()
        while why := self._unsettled(users) or self._unacknowledged(position):
            if position != self.oracle.cell.position:
                position, changed = self.oracle.cell.position, loop.time()
            if loop.time() > min(began + PATIENCE, changed + SILENCE):
                raise Violation(f"not settled {loop.time() - began:.0f} s after the last trouble: {why}")
            await asyncio.sleep(1.0)

    def _unacknowledged(self, position: int | None) -> str | None:
        """What was committed since the last look may be durable and not answered yet: then nobody need show it."""
        return None if position == self.oracle.cell.position else "the last event may not be acknowledged yet"

    def _unsettled(self, users: Users) -> str | None:
        if late := self.parts.network.under_way:
            return f"{late} messages are late"
        if self.parts.database.writing:
            return "the database still writes"
        if self.parts.database.runs.is_building:
            return "rows are being rebuilt"
        return users.busy or unsettled(self.oracle.cell, self.machines, [*self.services, *self.others])

    def say(self, what: str) -> None:
        if self._trace:
            self._told.trace.append(f"{asyncio.get_running_loop().time():9.3f} {what}")

    def _machine(self, number: int) -> Machine:
        clock = SimClock(self.chance.number(-2_000_000, 2_000_000))
        self.parts.clocks.append(clock)
        size = capacity(self.chance.one_of((4000, 5000, 9000)))
        machine = Machine(f"host-{number}", size, clock, self.chance, self.oracle.begins)
        self.oracle.watch(machine)
        return machine

    def _supervised(self, name: str, make: Callable) -> Supervised:  # type: ignore[type-arg]
        return Supervised(name, make, self.chance, self.say)

    def _tell(self, envelope: Envelope) -> None:
        self.say(f"  [{envelope.position}] {envelope.data}")

    def _violated(self, violation: Violation) -> None:
        self.say(f"VIOLATION {violation}")
        if not self._violation.done():
            self._violation.set_exception(violation)


def simulate(seed: int, *, only: Collection[str] | None = None, trace: bool = False) -> Told:
    """`only` names the faults that happen; None is all that the seed has."""
    told, lost = Told(seed), []

    async def live() -> None:
        asyncio.get_running_loop().set_task_factory(task_factory)  # type: ignore[arg-type]
        asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(_reported(context)))
        await World(told, only, trace=trace).run()

    knobs.begin()
    try:
        run_simulated(live())
    except Violation as violation:
        told.violation = str(violation)
    finally:
        knobs.restore()
    # What nobody retrieved is told when it is collected.
    gc.collect()
    told.violation = told.violation or (lost[0] if lost else None)
    return told


def _reported(context: dict[str, object]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r} {context.get('task') or context.get('future')}"
