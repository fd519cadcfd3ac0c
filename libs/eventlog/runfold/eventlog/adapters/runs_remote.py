"""Rows read over the log service's HTTP interface, by a process that has no store of its own."""

from urllib.parse import quote

from runfold.eventlog.adapters.replicas import Remote
from runfold.eventlog.runs import Generations, RunPage, RunQuery, RunRow
from runfold.eventlog.runs_wire import decode_generations, decode_page, decode_row, encode_query


class RemoteRuns(Remote):
    """A RunReader in the log service."""

    async def generations(self) -> Generations:
        return decode_generations(await self._replicas.get("/runs/generations", {}, self._deadline()))

    async def get(self, run_id: str) -> RunRow | None:
        return await self._row(f"/runs/rows/{quote(run_id, safe='')}")

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        return await self._row(f"/runs/of-attempt/{quote(attempt_id, safe='')}")

    async def page(self, query: RunQuery) -> RunPage:
        body = await self._replicas.post("/runs/page", encode_query(query), self._deadline())
        return decode_page(body)

    async def _row(self, path: str) -> RunRow | None:
        return decode_row(await self._replicas.get(path, {}, self._deadline()))
