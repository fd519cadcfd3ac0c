"""Troubles that come at a time, to somebody, for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.chance import Chance
from tests.simulation.machine import Machine
from tests.simulation.node import Node
from tests.simulation.services import Parts
from tests.simulation.supervised import Supervised

Process = Supervised[Any]


@dataclass(frozen=True, slots=True)
class Victims:
    parts: Parts
    services: Sequence[Process]  #: of which two may run at once: log, scheduler, provisioner, gateways
    others: Sequence[Process]  #: of which none starts beside another: executors, all in one
    machines: Sequence[Machine]

    @property
    def processes(self) -> list[Process]:
        return [*self.services, *self.others]


@dataclass(frozen=True, slots=True)
class Kind:
    """`act` happens to one of `victims`, for so many seconds, by that chance."""

    name: str
    victims: Callable[[Victims], Sequence[Any]]
    act: Callable[[Any, float, Chance], Awaitable[None]]


#: Seconds that a host is cut off at least where what it has shall be begun elsewhere.
LONG = 50.0


class Incident:
    def __init__(self, kind: Kind, victim: int, name: str, at: float, seconds: float, chance: Chance) -> None:
        self.kind, self.name, self.at = kind, name, at
        self._victim, self._seconds, self._chance = victim, seconds, chance

    @property
    def cuts_for(self) -> float:
        """Seconds that a process is cut off by it."""
        match self.kind.name:
            case "cut":
                return self._seconds
            case "cut-off":
                return LONG + self._seconds
            case _:
                return 0.0

    @classmethod
    def drawn(cls, kind: Kind, victims: Victims, at: float, chance: Chance) -> "Incident":
        choice = kind.victims(victims)
        victim = chance.number(0, len(choice) - 1)
        at = round(at, 1)
        whose = f":{choice[victim].name}" if hasattr(choice[victim], "name") else ""
        seconds = chance.between(0.0, chance.one_of((1.0, 5.0, 12.0, 30.0, 70.0)))
        return cls(kind, victim, f"{kind.name}{whose}@{at}", at, seconds, chance)

    async def happen(self, victims: Victims) -> None:
        await self.kind.act(self.kind.victims(victims)[self._victim], self._seconds, self._chance)


async def _crash(process: Process, _: float, __: Chance) -> None:
    process.crash()


async def _stop(process: Process, _: float, __: Chance) -> None:
    await process.stop()


async def _hang(process: Process, seconds: float, _: Chance) -> None:
    node: Node = process.node
    node.freeze()
    await asyncio.sleep(seconds)
    node.thaw()


async def _replace(process: Process, seconds: float, _: Chance) -> None:
    await process.replace(seconds)


async def _cut(process: Process, seconds: float, chance: Chance) -> None:
    node, which = process.node, chance.number(0, 2)
    node.sever(from_log=which != 1, from_broker=which != 2)
    await asyncio.sleep(seconds)
    node.heal()


async def _cut_off(process: Process, seconds: float, _: Chance) -> None:
    """For long enough that what it has is begun elsewhere."""
    node = process.node
    node.sever(from_log=False, from_broker=True)
    await asyncio.sleep(LONG + seconds)
    node.heal()


async def _broker_away(parts: Parts, seconds: float, _: Chance) -> None:
    broker = parts.network.broker
    if broker.up:
        broker.stop()
        await asyncio.sleep(seconds)
        broker.start()


async def _database_away(parts: Parts, seconds: float, _: Chance) -> None:
    parts.database.faults.away += 1
    await asyncio.sleep(seconds)
    parts.database.faults.away -= 1


async def _deadly_commit(parts: Parts, seconds: float, _: Chance) -> None:
    parts.database.faults.deadly = True
    await asyncio.sleep(seconds)
    parts.database.faults.deadly = False


async def _slow_store(parts: Parts, seconds: float, chance: Chance) -> None:
    faults = parts.database.faults
    faults.slow = chance.between(0.0, 4.0)
    await asyncio.sleep(seconds)
    faults.slow = 0.0


async def _slow_output(parts: Parts, seconds: float, chance: Chance) -> None:
    faults = parts.database.faults
    faults.slow_output = chance.between(0.0, 8.0)
    await asyncio.sleep(seconds)
    faults.slow_output = 0.0


async def _slow_journal(machine: Machine, seconds: float, chance: Chance) -> None:
    machine.slow = chance.between(0.0, 4.0)
    await asyncio.sleep(seconds)
    machine.slow = 0.0


async def _clock_step(parts: Parts, _: float, chance: Chance) -> None:
    chance.one_of(parts.clocks).skew += chance.number(-5_000_000, 5_000_000)


async def _disk_full(machine: Machine, seconds: float, _: Chance) -> None:
    machine.journal.refusing = True
    await asyncio.sleep(min(seconds, 10.0))
    machine.journal.refusing = False


async def _engine_away(machine: Machine, seconds: float, _: Chance) -> None:
    machine.engine.away = True
    await asyncio.sleep(min(seconds, 10.0))
    machine.engine.away = False


async def _reboot(machine: Machine, seconds: float, _: Chance) -> None:
    machine.off = True
    machine.reboot()
    await asyncio.sleep(seconds)
    machine.off = False


def _world(victims: Victims) -> Sequence[Parts]:
    return [victims.parts]


INCIDENTS = (
    Kind("crash", lambda victims: victims.processes, _crash),
    Kind("stop", lambda victims: victims.processes, _stop),
    Kind("hang", lambda victims: victims.processes, _hang),
    Kind("replace", lambda victims: victims.services, _replace),
    Kind("cut", lambda victims: victims.processes, _cut),
    Kind("cut-off", lambda victims: victims.others, _cut_off),
    Kind("broker-away", _world, _broker_away),
    Kind("database-away", _world, _database_away),
    Kind("deadly-commit", _world, _deadly_commit),
    Kind("slow-store", _world, _slow_store),
    Kind("slow-output", _world, _slow_output),
    Kind("slow-journal", lambda victims: victims.machines, _slow_journal),
    Kind("clock-step", _world, _clock_step),
    Kind("disk-full", lambda victims: victims.machines, _disk_full),
    Kind("engine-away", lambda victims: victims.machines, _engine_away),
    Kind("reboot", lambda victims: victims.machines, _reboot),
)
