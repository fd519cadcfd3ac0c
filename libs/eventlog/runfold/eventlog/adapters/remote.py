"""The log over HTTP: a client that finds the active replica, and sends appends that wait together."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from runfold.contracts.envelope import Commit
from runfold.eventlog.adapters.replicas import Remote
from runfold.eventlog.port import Append, Appended, EventLogError, Head, NotActive, TooLarge, Unavailable
from runfold.eventlog.wire import (
    MOST_WAIT,
    REQUEST_BYTES,
    decode_commits,
    decode_head,
    decode_outcomes,
    encode_append,
    join_appends,
    result_of,
)

#: Requests with appends under way at once; what comes meanwhile shares the next.
_SENDERS = 2
_MOST_APPENDS = 256
_MOST_WAITING = 10_000


@dataclass(slots=True, eq=False)
class _Sent:
    encoded: bytes
    deadline: float
    future: asyncio.Future[Appended] = field(default_factory=asyncio.Future)


class RemoteLog(Remote):
    """The EventLog of the log service."""

    def __init__(
        self, urls: list[str], token: str, *, answer_within: float = 2.0, patience: float = 10.0
    ) -> None:
        super().__init__(urls, token, answer_within=answer_within, patience=patience)
        self._line: deque[_Sent] = deque()
        self._senders: set[asyncio.Task[None]] = set()

    async def append(self, append: Append) -> Appended:
        encoded = encode_append(append)
        if len(encoded) > REQUEST_BYTES:
            # What is smaller, the writer judges.
            raise TooLarge(f"an append of {len(encoded)} bytes")
        if len(self._line) >= _MOST_WAITING:
            raise Unavailable(f"{_MOST_WAITING} appends wait already")
        sent = _Sent(encoded, self._deadline())
        self._line.append(sent)
        if len(self._senders) < _SENDERS:
            sender = asyncio.create_task(self._send_all(), name="log-client")
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return await sent.future

    async def head(self) -> Head:
        return decode_head(await self._replicas.get("/head", {}, self._deadline()))

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        query = {"after": str(after), "limit": str(limit)}
        body = await self._replicas.get("/commits", query, self._deadline())
        return [Commit(record) for record in decode_commits(body)]

    async def wait(self, after: int, seconds: float) -> Head:
        seconds = min(seconds, MOST_WAIT)
        query = {"after": str(after), "seconds": str(seconds)}
        body = await self._replicas.get("/wait", query, self._deadline() + seconds, extra=seconds)
        return decode_head(body)

    async def close(self) -> None:
        for sender in self._senders:
            sender.cancel()
        if self._senders:
            await asyncio.wait(self._senders)
        await super().close()

    async def _send_all(self) -> None:
        while batch := self._batch():
            try:
                await self._send(batch)
            except asyncio.CancelledError:
                _fail(batch, Unavailable("the client was closed"))
                raise
            except Exception as error:
                _fail(batch, error if isinstance(error, EventLogError) else Unavailable(repr(error)))

    def _batch(self) -> list[_Sent]:
        batch: list[_Sent] = []
        size = 0
        while self._line and len(batch) < _MOST_APPENDS and size < REQUEST_BYTES:
            sent = self._line.popleft()
            if not sent.future.done():
                batch.append(sent)
                size += len(sent.encoded)
        return batch

    async def _send(self, batch: list[_Sent]) -> None:
        body = join_appends([sent.encoded for sent in batch])
        answer = await self._replicas.post("/appends", body, min(sent.deadline for sent in batch))
        for sent, outcome in zip(batch, decode_outcomes(answer), strict=True):
            result = result_of(outcome)
            if isinstance(result, NotActive):
                # The replica lost its activity with this one waiting: it goes, as it is, to the next.
                self._line.append(sent)
            elif sent.future.done():
                continue
            elif isinstance(result, Appended):
                sent.future.set_result(result)
            else:
                sent.future.set_exception(result)


def _fail(batch: list[_Sent], error: Exception) -> None:
    for sent in batch:
        if not sent.future.done():
            sent.future.set_exception(error)
