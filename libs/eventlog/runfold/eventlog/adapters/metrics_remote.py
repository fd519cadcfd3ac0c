"""Samples read over the log service's HTTP interface, by a process that has no store of its own."""

import asyncio
from random import Random
from urllib.parse import quote

from runfold.contracts.metrics import Sample, decode_samples
from runfold.eventlog.adapters.replicas import Replicas
from runfold.eventlog.metrics import KEPT, LATEST


class RemoteMetrics:
    """A MetricsReader behind `urls`, the base URLs of the log service's replicas.

    `answer_within`: seconds after which the next replica is asked. `patience`: seconds after which it raises
    Unavailable.
    """

    def __init__(
        self, urls: list[str], token: str, *, answer_within: float = 2.0, patience: float = 10.0
    ) -> None:
        self._replicas = Replicas(urls, token, answer_within, Random())
        self._patience = patience

    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        query = {"from": str(max(after + 1, 0)), "before": str(max(before, 0)), "limit": str(max(limit, 0))}
        deadline = asyncio.get_running_loop().time() + self._patience
        return decode_samples(await self._replicas.get(_path(attempt_id), query, deadline))

    async def close(self) -> None:
        await self._replicas.close()


def _path(attempt_id: str) -> str:
    return f"/job-metrics/{quote(attempt_id, safe='')}"
