"""What goes wrong, drawn from the seed: each seed has some kinds of faults and lacks others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.chance import Chance
from tests.simulation.machine import Machine
from tests.simulation.services import Parts
from tests.simulation.supervised import Supervised

#: Seconds during which things go wrong.
TROUBLED = 60.0


@dataclass(frozen=True, slots=True)
class Victims:
    parts: Parts
    services: Sequence[Supervised[Any]]  #: of which two may run at once: log, scheduler, provisioner, gateway
    others: Sequence[Supervised[Any]]  #: of which none starts beside another: executors, all in one
    machines: Sequence[Machine]

    @property
    def processes(self) -> list[Supervised[Any]]:
        return [*self.services, *self.others]


class Faults:
    """`rebooted` says whether a host went down: then what ran there may be lost."""

    def __init__(self, chance: Chance, victims: Victims, say: Callable[[str], None]) -> None:
        self._chance, self._victims, self._say = chance, victims, say
        self.rebooted = False
        self._incidents: list[Callable[[], Awaitable[None]]] = [
            incident
            for incident in (
                self._crash,
                self._stop,
                self._replace,
                self._broker_away,
                self._database_away,
                self._disk_full,
                self._engine_away,
                self._reboot,
            )
            if chance.happens(0.4) and (victims.services or incident != self._replace)
        ]

    async def run(self) -> None:
        """Until TROUBLED seconds are over; then all is mended."""
        loop = asyncio.get_running_loop()
        self._begin()
        while self._incidents and loop.time() < TROUBLED:
            await asyncio.sleep(self._chance.between(0.0, 12.0))
            await self._chance.one_of(self._incidents)()
        await asyncio.sleep(max(TROUBLED - loop.time(), 0))
        self._mend()

    def _begin(self) -> None:
        parts = self._victims.parts
        network, store = parts.network.faults, parts.database.faults
        network.lost, network.late = self._rate(0.2), self._rate(0.3)
        network.doubled, network.unconfirmed = self._rate(0.3), self._rate(0.2)
        store.refused, store.unanswered, store.phantom = self._rate(0.2), self._rate(0.2), self._rate(0.1)
        parts.replicas.lost = self._rate(0.2)
        for machine in self._victims.machines:
            machine.refuses = self._rate(0.3)
        crash_rate = self._rate(0.002)
        for each in self._victims.processes:
            each.crash_rate = each.node.crash_rate = crash_rate
        self._say(f"{network} {store} lost requests {parts.replicas.lost:.3f} crashes {crash_rate:.4f}")
        self._say(f"incidents: {', '.join(each.__name__ for each in self._incidents)}")

    def _mend(self) -> None:
        self._say("all is mended")
        network, store = self._victims.parts.network.faults, self._victims.parts.database.faults
        network.lost = network.late = network.doubled = network.unconfirmed = 0.0
        store.refused = store.unanswered = store.phantom = 0.0
        self._victims.parts.replicas.lost = 0.0
        for machine in self._victims.machines:
            machine.refuses = 0.0
        for each in self._victims.processes:
            each.tame()

    def _rate(self, most: float) -> float:
        return self._chance.between(0.0, most) if self._chance.happens(0.4) else 0.0

    def _outage(self) -> float:
        """Seconds."""
        return self._chance.between(0.0, self._chance.one_of((1.0, 20.0, 90.0)))

    async def _crash(self) -> None:
        self._chance.one_of(self._victims.processes).crash()

    async def _stop(self) -> None:
        await self._chance.one_of(self._victims.processes).stop()

    async def _replace(self) -> None:
        await self._chance.one_of(self._victims.services).replace(self._outage())

    async def _broker_away(self) -> None:
        broker = self._victims.parts.network.broker
        self._say("the broker is away")
        broker.stop()
        await asyncio.sleep(self._outage())
        self._say("the broker is back")
        broker.start()

    async def _database_away(self) -> None:
        faults = self._victims.parts.database.faults
        faults.away = True
        self._say("the database is away")
        await asyncio.sleep(self._outage())
        self._say("the database is back")
        faults.away = False

    async def _disk_full(self) -> None:
        journal = self._chance.one_of(self._victims.machines).journal
        journal.refusing = True
        self._say("a disk is full")
        await asyncio.sleep(self._chance.between(0.0, 10.0))
        journal.refusing = False

    async def _engine_away(self) -> None:
        engine = self._chance.one_of(self._victims.machines).engine
        engine.away = True
        self._say("an engine is away")
        await asyncio.sleep(self._chance.between(0.0, 10.0))
        engine.away = False

    async def _reboot(self) -> None:
        machine = self._chance.one_of(self._victims.machines)
        self._say(f"{machine.name} reboots")
        self.rebooted = True
        machine.reboot()
