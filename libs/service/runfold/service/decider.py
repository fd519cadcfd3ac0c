"""The loop of a service that decides: look at the cell, decide, append with the position it was decided at.

One append is in flight at a time, with the decisions of one pass (PROTOCOL, Terms 3).
"""

import asyncio
from collections.abc import Callable

import structlog

from runfold.contracts.envelope import Commit, Context, EventRecord, record
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.cell.touch import new_events
from runfold.domain.decision import Decision
from runfold.eventlog.port import Conflict, EventLogError, TooLarge
from runfold.eventlog.session import Term, TermEnded
from runfold.ports import Clock, Ids
from runfold.ports.backoff import Backoff
from runfold.service.metrics import METRICS
from runfold.service.view import View

log = structlog.get_logger(__name__)

_passes = METRICS.histogram("runfold_pass_seconds", "How long a pass took to decide, by service.")

Plan = Callable[[Cell, int], list[Decision]]


#: Until the next pass when one failed and nothing changes, in microseconds.
AFTER_FAULT = 5_000_000


class Decider:
    """Runs `plan` whenever the cell changed or `next_due` is reached, while its term lasts."""

    def __init__(
        self,
        view: View,
        term: Term,
        clock: Clock,
        ids: Ids,
        *,
        plan: Plan,
        next_due: Callable[[Cell], int | None],
    ) -> None:
        self._view, self._term, self._clock, self._ids = view, term, clock, ids
        self._plan, self._next_due = plan, next_due
        self._actor = f"service:{term.service}"
        self._wake = asyncio.Event()
        self._fault: str | None = None  #: of the last pass
        self._refused: str | None = None  #: why the log took nothing of it
        self._refusals = Backoff(ids, first=0.2, most=10.0)
        view.listen(term.observe)
        view.listen(self._changed)

    def wake(self) -> None:
        """Something that `plan` looks at changed beside the cell."""
        self._wake.set()

    def not_ready(self) -> str | None:
        return self._fault or self._refused or self._term.not_ready()

    def _changed(self, commit: Commit | None) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until the term ends, by another replica's."""
        await self._view.reached(self._term.position)
        while not self._term.ended:
            self._wake.clear()
            now, position = self._clock.now(), self._view.cell.position
            decisions = self._planned(now)
            took = max(self._clock.now() - now, 0) / 1_000_000
            _passes.observe(took, service=self._term.service)
            if decisions:
                await self._append(decisions, position)
            else:
                await self._idle(now)
        log.warning("another replica is active now", service=self._term.service)

    def _planned(self, now: int) -> list[Decision]:
        """A fault of ours doesn't end the service: it is told, and the next pass may do without it."""
        try:
            decisions, self._fault = self._plan(self._view.cell, now), None
        except Exception as error:
            log.exception("planning failed", service=self._term.service)
            decisions, self._fault = [], f"planning failed: {error!r}"
        return decisions

    async def _idle(self, now: int) -> None:
        due = now + AFTER_FAULT if self._fault else self._next_due(self._view.cell)
        seconds = None if due is None else max(due - now, 0) / 1_000_000
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _append(self, decisions: list[Decision], position: int) -> None:
        """All of it, but for what somebody else touched meanwhile: that is decided again in the next pass."""
        seen = position
        while decisions and not self._term.ended:
            expect = tuple(dict.fromkeys(stream for d in decisions for stream in d.expect))
            try:
                appended = await self._term.append(self._records(decisions), expect, position)
            except Conflict as conflict:
                seen = max(seen, conflict.position)
                touched = set(conflict.streams)
                decisions = [d for d in decisions if touched.isdisjoint(d.expect)]
                if streams.term(self._term.service) in touched:
                    break
            except TermEnded:
                break
            except TooLarge as error:
                if len(decisions) == 1:
                    await self._refuse(error)
                    break
                # What is left out is decided again in the next pass.
                decisions = decisions[: len(decisions) // 2]
            except EventLogError as error:
                await self._refuse(error)
                break
            else:
                self._refused = None
                self._refusals.reset()
                seen = max(seen, appended.last)
                break
        await self._view.reached(seen)

    async def _refuse(self, error: EventLogError) -> None:
        """It is told, and the next pass doesn't come at once: most likely it decides the same."""
        log.warning("decisions not appended", service=self._term.service, error=str(error))
        self._refused = f"decisions not appended: {error}"
        await self._refusals.wait()

    def _records(self, decisions: list[Decision]) -> tuple[EventRecord, ...]:
        context = Context(self._actor, self._ids.uuid4())
        events = new_events((e for d in decisions for e in d.events), self._view.cell, self._actor)
        return tuple(record(new, self._ids.uuid7(), context) for new in events)
