"""What goes wrong, drawn from the seed before anything begins: each fault can be left out, and the rest stays as it is.

A fault is a rate, which is there all the time (`lost`), a constant that is another one (`short-window`), or an incident
with its victim and its time (`crash:log@12.3`).
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextvars import Context

from runfold.log.listening import UNHEARD
from tests.simulation.chance import Chance
from tests.simulation.incidents import INCIDENTS, Incident, Victims
from tests.simulation.knobs import KNOBS, Knob
from tests.simulation.rates import RATES, Rate

#: Seconds during which things begin to go wrong, and how many incidents there are at most.
TROUBLED = 45.0
INCIDENTS_AT_MOST = 12


class Faults:
    """`only` names the faults that happen; None is all that were drawn. `names` has those of them that were drawn."""

    def __init__(
        self, chance: Chance, victims: Victims, say: Callable[[str], None], only: Collection[str] | None
    ) -> None:
        self._victims, self._say = victims, say
        rates = [Rate(each, chance.branch()) for each in RATES if chance.happens(0.35)]
        knobs = [each for each in KNOBS if chance.happens(0.3)]
        incidents = _incidents(chance, victims)
        self._rates = [each for each in rates if only is None or each.name in only]
        self._knobs = [each for each in knobs if only is None or each.name in only]
        self._incidents = [each for each in incidents if only is None or each.name in only]

    @property
    def names(self) -> tuple[str, ...]:
        named: list[Rate | Knob | Incident] = [*self._rates, *self._knobs, *self._incidents]
        return tuple(each.name for each in named)

    @property
    def lost_hosts(self) -> bool:
        """Whether a host goes down: then what ran there may be lost."""
        return any(each.kind.name == "reboot" for each in self._incidents)

    @property
    def cut_off(self) -> bool:
        """Whether a host is cut off for longer than anybody waits for its output (decision 0007)."""
        return any(each.cuts_for > UNHEARD / 1_000_000 for each in self._incidents)

    def begin(self) -> None:
        for rate in self._rates:
            rate.set(self._victims)
            self._say(f"{rate.name}: {rate.value:.4f}")
        for knob in self._knobs:
            knob.turn()
            self._say(knob.name)

    async def run(self) -> None:
        """Until the last one is over; then all is mended."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._happen(each), context=Context()) for each in self._incidents]
        await asyncio.sleep(TROUBLED)
        if tasks:
            await asyncio.gather(*tasks)
        self._mend()

    async def _happen(self, incident: Incident) -> None:
        await asyncio.sleep(incident.at)
        self._say(f"{incident.name} begins")
        await incident.happen(self._victims)
        self._say(f"{incident.name} is over")

    def _mend(self) -> None:
        self._say("all is mended")
        for rate in RATES:
            rate.set(self._victims, 0.0)
        for process in self._victims.processes:
            process.tame()


def _incidents(chance: Chance, victims: Victims) -> Sequence[Incident]:
    """By time. A name stands for one of them."""
    kinds = [each for each in INCIDENTS if chance.happens(0.35) and each.victims(victims)]
    made: dict[str, Incident] = {}
    for _ in range(chance.number(0, INCIDENTS_AT_MOST) if kinds else 0):
        kind = chance.one_of(kinds)
        incident = Incident.drawn(kind, victims, chance.between(0, TROUBLED), chance.branch())
        made.setdefault(incident.name, incident)
    return sorted(made.values(), key=lambda each: each.at)
