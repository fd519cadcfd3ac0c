"""All five services, their users and their troubles, from one seed."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from runfold.contracts.cell import CellFounded
from runfold.contracts.envelope import Envelope
from runfold.contracts.fleet import FleetCreated, FleetSpec
from runfold.contracts.project import ProjectCreated, SecretStored
from runfold.contracts.user import UserCreated
from runfold.service.vault import Vault
from tests.simulation.chance import Chance, SimClock
from tests.simulation.faults import TROUBLED, Faults, Victims
from tests.simulation.gateway import USER, SimGateway
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
from tests.simulation.verdict import dead_letters, unsettled, wrong_ends, wrong_output
from tests.simulation.workload import PROJECT, TOKEN, Wish, wishes
from tests.unit.service.virtual_time import run_virtual

#: Seconds after the last trouble by which everything has come to its end.
PATIENCE = 1800.0
RUNS = (4, 12)

FOUNDING = (
    CellFounded("cell-1", "simulated"),
    UserCreated(USER, "ann", "admin"),
    ProjectCreated(PROJECT, "main", USER),
    FleetCreated("fleet-1", "local", FleetSpec()),
    FleetCreated("fleet-2", "own", FleetSpec(idle_duration=15), PROJECT, USER),
)


class World:
    """`trace` tells what happened, with the simulated time of each line."""

    def __init__(self, seed: int, trace: list[str]) -> None:
        self.chance = Chance(seed)
        self.trace = trace
        self._violation: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.oracle = Oracle(self._violated)
        self.oracle.listeners.append(self._tell)
        self.parts = Parts(
            self.chance,
            Network(self.chance),
            Database(self.chance, self.oracle.committed),
            Replicas(self.chance, self.oracle.acknowledged),
        )
        embedded = self.chance.happens(0.25)
        self.machines = [
            self._machine(number) for number in range(1 if embedded else self.chance.number(1, 3))
        ]
        if embedded:
            self._wire_embedded()
        else:
            self._wire_distributed()

    def _wire_embedded(self) -> None:
        make = partial(embedded_service, self.parts, machine=self.machines[0])
        self.gateway: Supervised[SimGateway] = self._supervised("all-in-one", make)
        self.services: list[Supervised[Any]] = []
        self.others: list[Supervised[Any]] = [self.gateway]

    def _wire_distributed(self) -> None:
        parts = self.parts
        self.gateway = self._supervised("gateway", partial(gateway_service, parts))
        self.services = [
            self.gateway,
            self._supervised("log", partial(log_service, parts)),
            self._supervised("scheduler", partial(scheduler_service, parts)),
            self._supervised("provisioner", partial(provisioner_service, parts)),
        ]
        self.others = [
            self._supervised(machine.name, partial(executor_service, parts, machine=machine))
            for machine in self.machines
        ]

    async def run(self) -> None:
        """Returns once everything came to its end; raises Violation."""
        life = asyncio.create_task(self._live(), name="life")
        await asyncio.wait([life, self._violation], return_when=asyncio.FIRST_COMPLETED)
        if self._violation.done():
            life.cancel()
            self._violation.result()
        life.result()

    async def _live(self) -> None:
        victims = Victims(self.parts, self.services, self.others, self.machines)
        faults = Faults(self.chance.branch(), victims, self.say)
        troubles = asyncio.create_task(faults.run(), name="troubles")
        users = Users(self.gateway, self.oracle, self.chance.branch(), self.say)
        await self._found(users)
        wanted = self._wishes()
        users.want(wanted)
        await troubles
        await self._settle(users)
        await self._judge(wanted, rebooted=faults.rebooted)

    async def _found(self, users: Users) -> None:
        vault = Vault(self.parts.database.keys, MASTER_KEY, ids=self.parts.ids())
        secret = SecretStored("secret-1", PROJECT, "TOKEN", await vault.encrypt(PROJECT, TOKEN))
        await users.insist(lambda gateway: gateway.happen(*FOUNDING, secret))

    def _wishes(self) -> list[Wish]:
        count, fleets = self.chance.number(*RUNS), ("fleet-1", "fleet-2")
        return wishes(self.chance.branch(), self.parts.ids(), count, TROUBLED - 10, fleets)

    async def _judge(self, wanted: list[Wish], *, rebooted: bool) -> None:
        cell = self.oracle.cell
        wrong = [
            *wrong_ends(cell, wanted, rebooted=rebooted),
            *[each async for each in wrong_output(cell, self.parts.database, self.machines)],
            *[each async for each in dead_letters(self.parts.network.postman)],
        ]
        if wrong:
            raise Violation("; ".join(wrong))

    async def _settle(self, users: Users) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while why := self._unsettled(users):
            if asyncio.get_running_loop().time() > deadline:
                raise Violation(f"not settled after {PATIENCE:.0f} s without trouble: {why}")
            await asyncio.sleep(1.0)

    def _unsettled(self, users: Users) -> str | None:
        if late := self.parts.network.under_way:
            return f"{late} messages are late"
        return users.busy or unsettled(self.oracle.cell, self.machines, [*self.services, *self.others])

    def say(self, what: str) -> None:
        self.trace.append(f"{asyncio.get_running_loop().time():9.3f} {what}")

    def _machine(self, number: int) -> Machine:
        clock = SimClock(self.chance.number(-2_000_000, 2_000_000))
        size = capacity(self.chance.one_of((4000, 5000, 9000)))
        return Machine(f"host-{number}", size, clock, self.chance, self.oracle.begins)

    def _supervised(self, name: str, make: Callable) -> Supervised:  # type: ignore[type-arg]
        return Supervised(name, make, self.chance, self.say)

    def _tell(self, envelope: Envelope) -> None:
        self.say(f"  [{envelope.position}] {envelope.data}")

    def _violated(self, violation: Violation) -> None:
        self.say(f"VIOLATION {violation}")
        if not self._violation.done():
            self._violation.set_exception(violation)


def simulate(seed: int) -> tuple[str | None, list[str]]:
    """What was violated, or None; and the trace."""
    trace: list[str] = []

    async def live() -> None:
        asyncio.get_running_loop().set_task_factory(task_factory)  # type: ignore[arg-type]
        asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(_told(context)))
        await World(seed, trace).run()

    lost: list[str] = []
    try:
        run_virtual(live())
    except Violation as violation:
        return str(violation), trace
    return (lost[0] if lost else None), trace


def _told(context: dict[str, object]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r} {context.get('task') or context.get('future')}"
