"""Following the log: every commit, once, in order, by one task."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from runfold.contracts.envelope import Commit
from runfold.eventlog.checkpoint import Checkpoint, OtherLog
from runfold.eventlog.coalesce import Coalesced
from runfold.eventlog.hurry import Feed, Hurried
from runfold.eventlog.port import EventLog, EventLogError, Head, Unavailable
from runfold.eventlog.waiters import Waiters

_log = logging.getLogger(__name__)

#: While messages come, the head is looked at this often, for those that got lost; seconds.
LOOK = 1.0
#: A long poll, where no messages come; seconds.
POLL = 2.0
#: Catching up gives way to everything else this often; seconds.
_YIELD = 0.005
#: Between attempts when the log does not answer, and when a fold raised; seconds. Nobody else is hurt by these, so
#: no chance is needed in them.
_FIRST_PAUSE, _MOST_PAUSE = 0.1, 2.0
_FIRST_REBUILD, _MOST_REBUILD = 1.0, 60.0
_READ = 256


class FoldFailed(Exception):
    """`apply` raised: what it folded into may be torn."""


class Follower:
    """Applies each commit to a state that `apply` folds into; `number` and `position` say how far.

    A raising `apply` leaves torn state: `reset` makes a fresh one and everything is folded again, after a pause.
    With a `bus`, messages of `queue` hurry; what they lack is read from the log, which is the truth.
    """

    def __init__(
        self,
        log: EventLog,
        apply: Callable[[Commit], None],
        *,
        reset: Callable[[], None],
        bus: Feed | None = None,
        queue: Any = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self._log, self._fold, self._reset = log, apply, reset
        self._bus, self._queue = bus, queue
        self._checkpoint = checkpoint or Checkpoint()
        self.position = 0
        self._target = 0
        self._hurried = Hurried()
        self._waiters = Waiters()
        self._fresh_head = Coalesced(log.head)
        self._trouble: str | None = "not started"
        self._torn, self._torn_at = False, 0
        self._pause, self._rebuild_pause = _FIRST_PAUSE, _FIRST_REBUILD
        self._subscription: Any = None
        self._task: asyncio.Task[None] | None = None

    @property
    def number(self) -> int:
        """The last commit that is folded."""
        return self._checkpoint.number

    @property
    def lag(self) -> int:
        """How many commits are known to be in the log and not folded yet."""
        return max(self._target - self.number, len(self._hurried))

    @property
    def checkpoint(self) -> Checkpoint:
        return self._checkpoint

    def not_ready(self) -> str | None:
        return self._trouble

    async def start(self) -> None:
        """Returns once everything up to the head has been folded; raises CheckpointError at once."""
        while True:
            try:
                self.position = await self._checkpoint.position(self._log)
                break
            except Unavailable as error:
                await self._recover(error)
        if self._bus is not None:
            self._subscription = await self._bus.consume(self._queue, self._hurried.receive)
        self._task = asyncio.create_task(self._follow(), name="follower")
        await self._caught_up()

    async def stop(self) -> None:
        if self._subscription is not None:
            await self._subscription.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def reached(self, position: int) -> None:
        """Returns once `position` is folded."""
        if self.position < position:
            await self._waiters.add(position)

    async def fresh(self) -> None:
        """Returns once everything is folded that was committed before the call; raises Unavailable."""
        head = await self._fresh_head.get()
        if head.number > self.number:
            self._target = max(self._target, head.number)
            self._hurried.came.set()
        await self.reached(head.position)

    async def _caught_up(self) -> None:
        while True:
            try:
                return await self.fresh()
            except Unavailable:
                await asyncio.sleep(_FIRST_PAUSE)

    async def _follow(self) -> None:
        while True:
            try:
                await self._advance()
            except FoldFailed as error:
                await self._tear(error)
            except EventLogError as error:
                await self._recover(error)
            except Exception as error:
                _log.exception("a follower failed")
                await self._recover(error)
            else:
                self._recovered()

    async def _advance(self) -> None:
        """One step: what came by message, or what is missing, or else wait for news."""
        if self._torn:
            self._rebuild()
        commit = self._hurried.take(self.number + 1)
        # A message may come from anywhere; and the first commit, which says what log this is, is always read.
        if commit is not None and commit.record.log_id == self._checkpoint.log_id:
            self._apply(commit)
            return
        self._hurried.forget_up_to(self.number)
        missing = self._hurried or self._target > self.number
        if not missing or not await self._apply_all(deque(await self._log.read(self.number, _READ))):
            await self._news()

    async def _news(self) -> None:
        if self._bus is not None and self._bus.connected:
            if await self._message_within(LOOK):
                return
            head = await self._log.head()
        else:
            head = await self._log.wait(self.number, POLL)
        self._look(head)

    def _look(self, head: Head) -> None:
        self._checkpoint.check(head)
        self._target = head.number

    async def _message_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.came.wait()
        came = self._hurried.came.is_set()
        self._hurried.came.clear()
        return came

    async def _apply_all(self, commits: deque[Commit]) -> bool:
        """Whether there were any. Each goes once it is applied: its decoded events are large, and are still at hand
        for the memory of the next ones."""
        some, loop = bool(commits), asyncio.get_running_loop()
        began = loop.time()
        while commits:
            self._apply(commits.popleft())
            if loop.time() - began > _YIELD:
                await asyncio.sleep(0)
                began = loop.time()
        return some

    def _apply(self, commit: Commit) -> None:
        record = commit.record
        if self.number and record.log_id != self._checkpoint.log_id:
            raise OtherLog(self._checkpoint.log_id, record.log_id)
        if record.number != self.number + 1:
            raise Unavailable(f"the log gave commit {record.number} after commit {self.number}")
        try:
            self._fold(commit)
        except Exception as error:
            where = f"commit {record.number}, positions {record.first} to {record.last}"
            raise FoldFailed(f"{where}: {error!r}") from error
        self._checkpoint = Checkpoint(record.log_id, record.number)
        self.position = record.last
        self._waiters.release(self.position)

    async def _tear(self, error: FoldFailed) -> None:
        _log.error("the state is torn and folded anew: %s", error, exc_info=error.__cause__)
        self._torn, self._torn_at = True, self.number + 1
        self._trouble = f"folding failed, all is folded anew: {error}"
        await asyncio.sleep(self._rebuild_pause)
        self._rebuild_pause = min(self._rebuild_pause * 2, _MOST_REBUILD)

    def _rebuild(self) -> None:
        self._reset()
        self._torn = False
        self._target = max(self._target, self._torn_at)
        self._checkpoint, self.position = Checkpoint(), 0

    def _recovered(self) -> None:
        self._pause = _FIRST_PAUSE
        if not self._torn and self.number >= self._torn_at:
            self._trouble, self._rebuild_pause = None, _FIRST_REBUILD

    async def _recover(self, error: Exception) -> None:
        if self.number >= self._torn_at:
            self._trouble = str(error)
        await self._message_within(self._pause)
        self._pause = min(self._pause * 2, _MOST_PAUSE)
