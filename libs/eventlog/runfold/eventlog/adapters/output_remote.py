"""Output read over the log service's HTTP interface, by a process that has no store of its own."""

from urllib.parse import quote

from runfold.eventlog.adapters.replicas import Remote
from runfold.eventlog.output import OutputPage, OutputQuery, OutputSlice
from runfold.eventlog.output_rules import room, window
from runfold.eventlog.output_wire import decode_length, decode_page, decode_slice, encode_poll
from runfold.eventlog.wire import MOST_WAIT


class RemoteOutput(Remote):
    """An OutputReader in the log service."""

    async def poll(self, attempt_id: str, query: OutputQuery) -> OutputPage:
        after, before = window(query)  # which refuses a cursor that is none without asking anyone
        body = encode_poll(attempt_id, OutputQuery(after, before, query.descending, room(query)))
        return decode_page(await self._replicas.post("/output/poll", body, self._deadline()))

    async def read_from(self, attempt_id: str, offset: int, *, wait: float = 0.0) -> OutputSlice:
        wait = min(wait, MOST_WAIT)
        query = {"offset": str(offset), "wait": str(wait)}
        body = await self._replicas.get(_path(attempt_id), query, self._deadline() + wait, extra=wait)
        return decode_slice(body)

    async def stored(self, attempt_id: str) -> int:
        body = await self._replicas.get(f"{_path(attempt_id)}/length", {}, self._deadline())
        return decode_length(body)


def _path(attempt_id: str) -> str:
    return f"/output/{quote(attempt_id, safe='')}"
