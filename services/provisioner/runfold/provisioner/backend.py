"""The port by which instances come from somewhere."""

from dataclasses import dataclass
from typing import Protocol

from runfold.contracts.values import Natural, Quantities
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.state import Instance


@dataclass(frozen=True, slots=True)
class Created:
    """A machine that runs an executor."""

    host_id: str
    hostname: str
    capacity: Quantities
    region: str
    price_micros: Natural = 0


class NoOffers(Exception):
    """Nothing that this backend has suits; the text says what it looked for."""


class Backend(Protocol):
    """One source of machines. Both calls are repeated after a crash: the instance's id makes them idempotent."""

    name: str

    async def create(self, fleet: Fleet, instance: Instance) -> Created:
        """The machine tagged with the instance's id, made where there is none; raises NoOffers."""

    async def end(self, instance: Instance) -> None:
        """Gone when it returns, or was never there."""
