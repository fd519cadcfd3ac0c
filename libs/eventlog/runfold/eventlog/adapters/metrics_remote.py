"""Samples read over the log service's HTTP interface, by a process that has no store of its own."""

from urllib.parse import quote

from runfold.contracts.metrics import Sample, decode_samples
from runfold.eventlog.adapters.replicas import Remote
from runfold.eventlog.metrics import KEPT, LATEST


class RemoteMetrics(Remote):
    """A MetricsReader in the log service."""

    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        query = {"from": str(max(after + 1, 0)), "before": str(max(before, 0)), "limit": str(max(limit, 0))}
        return decode_samples(await self._replicas.get(_path(attempt_id), query, self._deadline()))


def _path(attempt_id: str) -> str:
    return f"/job-metrics/{quote(attempt_id, safe='')}"
