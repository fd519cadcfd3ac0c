"""Appends what follows from facts: decided on the cell as it is, and again whenever somebody was faster."""

import asyncio
from collections.abc import Callable, Sequence

from runfold.contracts.envelope import Context, record
from runfold.contracts.registry import Event
from runfold.domain.cell.state import Cell
from runfold.domain.cell.touch import new_events
from runfold.eventlog.port import Append, Conflict, EventLog, Unavailable
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.view import View

ACTOR = "service:log"


class Recorder:
    def __init__(self, log: EventLog, view: View, ids: Ids) -> None:
        self._log, self._view, self._ids = log, view, ids

    async def record(self, decide: Callable[[Cell], Sequence[Event]], *expect: str) -> None:
        """Durable and folded when it returns, or there was nothing to decide; raises NotActive.

        An open outcome is decided again: had the append come to stand, `expect` refuses its repetition.
        """
        backoff = Backoff(self._ids)
        while True:
            position = self._view.cell.position
            events = decide(self._view.cell)
            if not events:
                return
            try:
                appended = await self._log.append(self._append(events, expect, position))
            except Conflict as conflict:
                await self._view.reached(conflict.position)
            except Unavailable:
                await asyncio.sleep(backoff.next())
            else:
                await self._view.reached(appended.last)
                return

    def _append(self, events: Sequence[Event], expect: tuple[str, ...], position: int) -> Append:
        context = Context(ACTOR, self._ids.uuid4())
        records = tuple(
            record(new, self._ids.uuid7(), context) for new in new_events(events, self._view.cell, ACTOR)
        )
        return Append(self._ids.uuid7(), records, expect, position)
