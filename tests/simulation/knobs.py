"""Constants that are another than in production in some seeds, so that what is rare there is common here."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from runfold.domain.instance import silence
from runfold.eventlog import batch, follow
from runfold.eventlog.window import Memory
from runfold.executor import inventory, output
from runfold.log import silence as observer
from runfold.service import run_rows
from tests.simulation import gateway, remote, services


@dataclass(frozen=True, slots=True)
class Knob:
    name: str
    module: ModuleType
    attribute: str
    value: Any

    def turn(self) -> None:
        setattr(self.module, self.attribute, self.value)


KNOBS = (
    Knob("frequent-looks", follow, "LOOK", 1.0),
    Knob("small-commits", batch, "TARGET_EVENTS", 2),
    # Longer than a gateway repeats an append: one that is forgotten sooner counts as refused by its own effect.
    Knob("short-window", services, "MEMORY", Memory(commits=20, span=2 * int(gateway.PATIENCE) * 1_000_000)),
    Knob("impatient-writer", services, "WRITER_PATIENCE", 1.0),
    Knob("impatient-clients", remote, "PATIENCE", 0.1),
    Knob("impatient-requests", remote, "ANSWER_WITHIN", 0.2),
    Knob("many-inventories", inventory, "EVERY", 2.0),
    Knob("small-chunks", output, "CHUNK", 3),
    Knob("small-row-batches", run_rows, "BATCH", 1),
    Knob("small-sent-marks", output, "REMEMBER", 6),
)
#: In all seeds that have no other: followers look for lost messages less often, which is half of a quiet life; and
#: what a host has that is cut off stops there, and is lost, within the time that a simulation has.
_DEFAULTS = (
    Knob("seldom-looks", follow, "LOOK", 4.0),
    Knob("frequent-heartbeats", inventory, "EVERY", 8.0),
    Knob("often-observed", observer, "LOOK", 2.0),
    Knob("short-grace", silence, "GRACE", 3),
    Knob("short-margin", silence, "MARGIN", 2),
)
_ORIGINALS = [
    Knob(each.name, each.module, each.attribute, getattr(each.module, each.attribute))
    for each in (*KNOBS, *_DEFAULTS)
]


def begin() -> None:
    for default in _DEFAULTS:
        default.turn()


def restore() -> None:
    """As in production."""
    for original in _ORIGINALS:
        original.turn()
