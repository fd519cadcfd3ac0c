"""Everything that happens by chance, from one seed; and the clock and ids that follow from it."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

#: Where simulated time begins, in microseconds.
START = 1_700_000_000_000_000


class Chance:
    """One stream of decisions: the same seed decides the same, as long as nothing else differs."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def delay(self) -> float:
        """Seconds that a call takes: mostly a millisecond or two, now and then far more."""
        return (
            min(self._random.expovariate(500), 0.5)
            if self._random.random() < 0.99
            else self.between(0.0, 0.5)
        )

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def one_of(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        return self._random.sample(choices, count)

    def bits(self, count: int) -> int:
        return self._random.getrandbits(count)

    def branch(self) -> "Chance":
        """A stream of its own: what draws from it changes nothing for others."""
        return Chance(self.bits(64))


class SimClock:
    """The loop's time; each machine's clock is a little off."""

    def __init__(self, skew: int = 0) -> None:
        self.skew = skew  #: microseconds

    def now(self) -> int:
        return START + self.skew + int(asyncio.get_running_loop().time() * 1_000_000)


class SimIds:
    def __init__(self, chance: Chance, clock: SimClock) -> None:
        self._chance, self._clock = chance, clock

    def uuid4(self) -> str:
        return str(UUID(int=self._chance.bits(128), version=4))

    def uuid7(self) -> str:
        return str(UUID(int=(self._clock.now() // 1000) << 80 | self._chance.bits(80), version=4))

    def token(self) -> str:
        return f"{self._chance.bits(256):064x}"
