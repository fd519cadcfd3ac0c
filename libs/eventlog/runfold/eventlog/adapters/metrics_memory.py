"""Samples that end with the process."""

from collections.abc import Sequence

from runfold.contracts.metrics import Sample
from runfold.contracts.values import Micros
from runfold.eventlog.metrics import KEPT, LATEST


class MemoryMetricsStore:
    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._samples: dict[str, dict[int, Sample]] = {}

    async def add(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            held = self._samples.setdefault(sample.attempt_id, {})
            held.setdefault(sample.time, sample)
            if len(held) > self._kept:
                del held[min(held)]

    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        held = self._samples.get(attempt_id, {})
        times = sorted((time for time in held if after < time < before), reverse=True)
        return tuple(held[time] for time in times[: max(limit, 0)])

    async def delete_before(self, time: Micros, limit: int) -> int:
        old = [(attempt_id, at) for attempt_id, held in self._samples.items() for at in held if at < time]
        for attempt_id, at in old[:limit]:
            del self._samples[attempt_id][at]
        return min(len(old), limit)

    async def close(self) -> None:
        pass
