"""Writing: decide on the view, append with the position decided at, answer once the view has what was appended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from runfold.contracts.envelope import Context, EventRecord, Idempotency, NewEvent, record
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.cell.touch import new_events
from runfold.eventlog.port import Append, Appended, Conflict, EventLog, NotActive, TooLarge, Unavailable
from runfold.gateway.http.errors import Busy, KeyReused
from runfold.gateway.http.errors import TooLarge as BodyTooLarge
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.view import View

TRIES = 8  #: decisions, before a stream that others change all the time is given up
APPEND_BYTES = 1024 * 1024
OPEN = "The outcome is open; repeat the request with the same Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Decision:
    """Events to append, the streams they were decided on, and the id of what the write made or changed.

    `touch` adds streams to those that the first event touches.
    """

    resource: str = ""
    events: tuple[Event, ...] = ()
    expect: tuple[str, ...] = ()
    touch: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """An Idempotency-Key as it came: whose, for which path, with which body."""

    user_id: str
    path: str
    key: str
    body: bytes

    @property
    def stream(self) -> str:
        return streams.idempotency_key(self.user_id, self.path, self.key)

    def remembered(self, cell: Cell, digest: str) -> str | None:
        """The resource that the first such write made; raises KeyReused."""
        known = cell.keys.get(self.stream)
        if known is None:
            return None
        if known.key.sha256 != digest:
            raise KeyReused
        return known.key.resource


class Commands:
    """The only way by which the gateway writes."""

    def __init__(self, log: EventLog, view: View, ids: Ids) -> None:
        self._log = log
        self._view = view
        self._ids = ids

    async def run(
        self, decide: Callable[[Cell], Decision], context: Context, deadline: float, key: Key | None = None
    ) -> str:
        """The resource, once the view shows it. Raises what `decide` raises, KeyReused, TooLarge, and Busy at
        `deadline`, which is in the event loop's time."""
        digest = sha256(key.body).hexdigest() if key else ""
        try:
            async with asyncio.timeout_at(deadline):
                for _ in range(TRIES):
                    if key and (known := key.remembered(self._view.cell, digest)) is not None:
                        return known
                    decision = decide(self._view.cell)
                    if not decision.events or await self._appended(decision, context, key, digest):
                        return decision.resource
        except TimeoutError:
            raise Busy(OPEN) from None
        raise Busy("Others change the same thing all the time; try again")

    async def _appended(self, decision: Decision, context: Context, key: Key | None, digest: str) -> bool:
        """False where it was refused: the view has then folded what it was refused for."""
        append = self._append(decision, context, key, digest)
        try:
            done = await self._until_answered(append)
        except Conflict as conflict:
            await self._view.reached(conflict.position)
            return False
        except TooLarge:
            raise BodyTooLarge(APPEND_BYTES, "What this request would make durable") from None
        await self._view.reached(done.last)
        return True

    def _append(self, decision: Decision, context: Context, key: Key | None, digest: str) -> Append:
        """No await between the decision and this: `at` is the position it was decided at."""
        cell, expect = self._view.cell, decision.expect
        first, *rest = new_events(decision.events, cell)
        first = replace(first, streams=first.streams + decision.touch)
        if key is not None:
            expect = (*expect, key.stream)
            first = _keyed(first, key, digest, decision.resource)
        records: tuple[EventRecord, ...] = tuple(
            record(new, self._ids.uuid7(), context) for new in (first, *rest)
        )
        return Append(self._ids.uuid7(), records, expect, cell.position)

    async def _until_answered(self, append: Append) -> Appended:
        """The same append again while its outcome is open: by its id it is applied once."""
        backoff = Backoff(self._ids, first=0.05, most=1.0)
        while True:
            try:
                return await self._log.append(append)
            except (Unavailable, NotActive):
                await backoff.wait()


def _keyed(first: NewEvent, key: Key, digest: str, resource: str) -> NewEvent:
    remembered = Idempotency(key.user_id, key.key, key.path, digest, resource)
    return replace(first, streams=(*first.streams, key.stream), idempotency=remembered)
