"""Appending as the active replica of a service: under a term, one append at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from runfold.contracts.cell import TermBegan
from runfold.contracts.envelope import Commit, Context, EventRecord, NewEvent, record
from runfold.eventlog.port import Append, Appended, Conflict, EventLog, EventLogError, NotActive, Unavailable
from runfold.ports import Clock, Ids
from runfold.ports.backoff import Backoff

T = TypeVar("T")


class TermEnded(EventLogError):
    """Another replica of the service began a later term: this one decides nothing any more."""


class Term:
    """One replica's activity: every append expects that no later term began. It may begin again once it has ended.

    `observe` each commit as it is folded: folding another's TermBegan ends the term before any further decision.
    """

    def __init__(
        self, log: EventLog, service: str, clock: Clock, ids: Ids, *, address: str | None = None
    ) -> None:
        self._log, self._clock, self._ids = log, clock, ids
        self.service, self.stream = service, f"term:{service}"
        self.id = ""  #: of the term begun last
        self._address = address
        self._position: int | None = None
        self._others = 0
        self._silent_since: int | None = None
        self._one_at_a_time = asyncio.Lock()
        self._over = asyncio.Event()

    @property
    def position(self) -> int:
        """Where the term began: fold the log up to it before the first decision; 0 before `begin`."""
        return self._position or 0

    @property
    def ended(self) -> bool:
        """Whether another's term, later than this one, has been folded."""
        return self._over.is_set()

    async def over(self) -> None:
        """Returns once the term has ended."""
        await self._over.wait()

    def not_ready(self) -> str | None:
        if self.ended:
            return f"another replica of the {self.service} is active"
        if self._silent_since is not None:
            return f"the log has not answered for {(self._clock.now() - self._silent_since) // 1_000_000} s"
        return None

    async def begin(self) -> Appended:
        """Begins a term, however long the log takes to answer; who begins later wins."""
        self.id, self._position = self._ids.uuid7(), None
        self._over.clear()
        event = NewEvent(TermBegan(self.service, self.id, self._address), (self.stream,))
        began = record(event, self._ids.uuid7(), Context(f"service:{self.service}", self.id))
        while True:
            head = await self._surely(self._log.head)
            append = Append(self._ids.uuid7(), (began,), (self.stream,), head.position)
            try:
                appended = await self._surely(partial(self._log.append, append))
            except Conflict:
                continue
            self._position = appended.last
            self._compare()
            return appended

    async def append(self, events: Sequence[EventRecord], expect: Sequence[str], at: int) -> Appended:
        """Waits for the one before it, and as long as the log doesn't answer; raises Conflict, TooLarge, TermEnded.

        `at` is the position that the decision was made at, read in one step with the state it was made on.
        """
        async with self._one_at_a_time:
            streams = (self.stream, *(stream for stream in expect if stream != self.stream))
            append = Append(self._ids.uuid7(), tuple(events), streams, at)
            # The same append until it is answered: what is open may already stand.
            return await self._surely(partial(self._log.append, append))

    def observe(self, commit: Commit | None) -> None:
        """A commit that was folded. None, which says that all is folded anew, changes nothing here."""
        if commit is None or self.stream not in commit.record.streams:
            return
        for event in commit.events:
            if isinstance(event.data, TermBegan) and self._is_others(event.data):
                self._others = max(self._others, event.position)
        self._compare()

    def _is_others(self, began: TermBegan) -> bool:
        return began.service == self.service and began.term_id != self.id

    def _compare(self) -> None:
        if self._position is not None and self._others > self._position:
            self._over.set()

    async def _surely(self, call: Callable[[], Awaitable[T]]) -> T:
        backoff = Backoff(self._ids, first=0.05, most=2.0)
        while not self.ended:
            try:
                answer = await call()
            except (Unavailable, NotActive):
                self._silent_since = self._silent_since or self._clock.now()
                await asyncio.sleep(backoff.next())
            else:
                self._silent_since = None
                return answer
        raise TermEnded(f"a later term of the {self.service} began at position {self._others}")
