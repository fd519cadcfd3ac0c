"""How often a call is tried, and how long between: no answer, and an answer that says to come again."""

import random
from dataclasses import dataclass

TOO_BUSY = 503


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits `base` seconds, then twice that, and so on up to `most`; each by chance between half of it and all."""

    attempts: int = 4
    base: float = 0.2
    most: float = 5.0

    def pause(self, failures: int, asked: str | None = None) -> float | None:
        """Seconds until the next attempt, not less than a server's Retry-After; None where it is the end."""
        if failures >= self.attempts:
            return None
        wait: float = min(self.most, self.base * 2 ** (failures - 1)) * random.uniform(0.5, 1)
        return max(wait, min(_seconds(asked), self.most))


def _seconds(asked: str | None) -> float:
    return float(asked) if asked is not None and asked.isascii() and asked.isdecimal() else 0.0
