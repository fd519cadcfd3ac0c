"""What attempts used of their hosts: the port of where samples lie, beside the log. They may be lost."""

from collections.abc import Sequence
from typing import Protocol

from runfold.contracts.metrics import Sample
from runfold.contracts.values import Micros

#: Samples of an attempt that are kept: ten hours of one every 10 s.
KEPT = 3_600
LATEST = 2**62  #: later than any sample


class MetricsReader(Protocol):
    """Every method raises Unavailable."""

    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        """Newest first, at most `limit`, with times between `after` and `before` (microseconds, both excluded)."""

    async def close(self) -> None: ...


class MetricsStore(MetricsReader, Protocol):
    """Holds an attempt's newest KEPT samples at least; older ones go by and by."""

    async def add(self, samples: Sequence[Sample]) -> None:
        """An attempt has one sample a time: one that is sent again changes nothing."""

    async def delete_before(self, time: Micros, limit: int) -> int:
        """Drops at most `limit` samples older than `time`, and returns how many."""
