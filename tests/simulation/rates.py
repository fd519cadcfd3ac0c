"""Faults that may meet each message, call or step, while they last."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.simulation.chance import Chance
from tests.simulation.incidents import Victims


@dataclass(frozen=True, slots=True)
class Kind:
    """`most` is the highest probability that is drawn."""

    name: str
    most: float
    put: Callable[[Victims, float], None]

    def set(self, victims: Victims, value: float) -> None:
        self.put(victims, value)


class Rate:
    def __init__(self, kind: Kind, chance: Chance) -> None:
        self._kind, self.name, self.value = kind, kind.name, chance.between(0.0, kind.most)

    def set(self, victims: Victims) -> None:
        self._kind.set(victims, self.value)


def _of_messages(name: str) -> Callable[[Victims, float], None]:
    return lambda victims, value: setattr(victims.parts.network.faults, name, value)


def _of_store(name: str) -> Callable[[Victims, float], None]:
    return lambda victims, value: setattr(victims.parts.database.faults, name, value)


def _of_requests(victims: Victims, value: float) -> None:
    victims.parts.replicas.lost = value


def _of_hosts(victims: Victims, value: float) -> None:
    for machine in victims.machines:
        machine.refuses = value


def _of_processes(victims: Victims, value: float) -> None:
    process: Any
    for process in victims.processes:
        process.crash_rate = process.node.crash_rate = value


RATES = (
    Kind("lost", 0.2, _of_messages("lost")),
    Kind("late", 0.3, _of_messages("late")),
    Kind("doubled", 0.5, _of_messages("doubled")),
    Kind("unconfirmed", 0.2, _of_messages("unconfirmed")),
    Kind("store-refuses", 0.2, _of_store("refused")),
    Kind("store-unanswered", 0.3, _of_store("unanswered")),
    Kind("store-phantoms", 0.1, _of_store("phantom")),
    Kind("requests-lost", 0.4, _of_requests),
    Kind("hosts-refuse", 0.3, _of_hosts),
    Kind("crashes", 0.003, _of_processes),
)
