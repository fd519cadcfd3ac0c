"""The one writer of the log: takes over, judges appends, commits them in groups."""

import asyncio
import logging
from contextlib import suppress

from runfold.contracts.envelope import Commit, CommitRecord
from runfold.eventlog.batch import Batch, Pending, encode_events
from runfold.eventlog.coalesce import Coalesced
from runfold.eventlog.line import Line
from runfold.eventlog.port import Append, Appended, CommitStore, EventLogError, Head, NotActive, Unavailable
from runfold.eventlog.published import OnCommit, Published
from runfold.eventlog.standing import same, stand
from runfold.eventlog.tail import within_bytes
from runfold.eventlog.takeover import SERVICE, Takeover, address_in, retries
from runfold.eventlog.window import MEMORY, Memory, Window
from runfold.ports import Clock, Ids

_log = logging.getLogger(__name__)
_STREAM = f"term:{SERVICE}"

#: Seconds that an append waits for a store that doesn't answer, before its caller is told that the outcome is open.
PATIENCE = 10.0
#: How often a replica that isn't active looks for news, for those who wait at it; seconds.
_STANDBY_LOOK = 0.5


class Writer:
    """An EventLog over a store: the active writer from `start` on, until another takes over; a reader always.

    `sole` says that no other process can write to the store: then the head is a variable, else each question for it
    is a majority read, shared by those who ask at the same time.
    """

    def __init__(
        self,
        store: CommitStore,
        *,
        clock: Clock,
        ids: Ids,
        service_address: str | None = None,
        sole: bool = False,
        patience: float = PATIENCE,
        memory: Memory = MEMORY,
    ) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._address, self._sole, self._patience = service_address, sole, patience
        self._memory = memory
        self._pauses = retries(ids)
        self._published = Published()
        self._verified_head = Coalesced(self._read_head)
        self._window = Window()
        self._line = Line()
        self._pending: dict[str, Pending] = {}
        self._inserting: Batch | None = None
        self._inserting_record: CommitRecord | None = None
        self._ended = asyncio.Event()
        self._ended.set()
        self._not_active = NotActive()
        self._trouble: str | None = "this log replica has not begun a term"
        self._task: asyncio.Task[None] | None = None
        #: The commit that began this replica's last term; None before the first.
        self.term: Commit | None = None

    @property
    def active(self) -> bool:
        return not self._ended.is_set()

    def on_commit(self, callback: OnCommit) -> None:
        """`callback` runs for each commit of this writer once it is durable, in order, before anyone is answered."""
        self._published.listen(callback)

    def not_ready(self) -> str | None:
        return self._trouble

    async def start(self) -> None:
        """Takes over; tries until its term stands in the log. May be called again once another has taken over."""
        taken = await self._takeover().run()
        self._window, self._line = taken.window, Line()
        self.term = Commit(taken.commit)
        self._recovered()
        self._ended.clear()
        self._published.begin(taken.commit)
        self._task = asyncio.create_task(self._write(), name="log-writer")

    def _takeover(self) -> Takeover:
        return Takeover(self._store, self._clock, self._ids, self._address, self._memory, self._pause)

    async def stop(self) -> None:
        """Takes nothing new and commits what waits; a store that is away leaves it open, after `patience` seconds."""
        self._line.close()
        try:
            if self._task is not None:
                await self._finished(self._task)
        finally:
            self._end(NotActive())

    async def ended(self) -> None:
        """Returns when another has taken over, or after `stop`."""
        await self._ended.wait()

    def observe(self, commit: Commit | None) -> None:
        """A commit as a view folds it. Another's later term ends this replica's at once, and says where to go then."""
        if commit is None or _STREAM not in commit.record.streams:
            return
        if self.term is not None and commit.number <= self.term.number:
            return
        address = address_in(commit.record)
        self._supersede(NotActive(address if address != self._address else None))

    async def append(self, append: Append) -> Appended:
        return await self.submit(append)

    def submit(self, append: Append) -> asyncio.Future[Appended]:
        """As `append`, for those who have many: the answer comes as a future's result or exception."""
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        try:
            self._submit(append, future)
        except (EventLogError, ValueError) as error:
            future.set_exception(error)
        return future

    async def head(self) -> Head:
        if self._sole and self.active:
            return self._published.head
        return await self._verified_head.get()

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        commits = self._published.tail.read(after, limit)
        return commits or within_bytes([Commit(record) for record in await self._store.read(after, limit)])

    async def wait(self, after: int, seconds: float) -> Head:
        try:
            async with asyncio.timeout(seconds):
                return await self._head_above(after)
        except TimeoutError:
            return await self.head()

    async def _finished(self, writing: asyncio.Task[None]) -> None:
        """By `wait`: another's term may have cancelled it, and that mustn't look as if this call were."""
        try:
            _, late = await asyncio.wait([writing], timeout=self._patience)
        finally:
            writing.cancel()
        if late:
            _log.warning("the log's writer stopped with an append in doubt")
            await asyncio.wait([writing])

    async def _head_above(self, after: int) -> Head:
        while True:
            head = self._published.head if self.active else await self.head()
            if head.number > after:
                return head
            # Of others' commits the store tells nobody.
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self.active else _STANDBY_LOOK):
                    await self._published.changed()

    def _submit(self, append: Append, future: asyncio.Future[Appended]) -> None:
        if not self.active or self._line.closed:
            raise self._not_active
        if (answer := self._window.answer(append.id)) is not None:
            future.set_result(answer)
            return
        pending = self._pending.get(append.id)
        if pending is None:
            deadline = asyncio.get_running_loop().time() + self._patience
            pending = Pending(append, encode_events(append), deadline)
            self._line.join(pending)
            self._pending[append.id] = pending
        pending.futures.append(future)

    async def _write(self) -> None:
        try:
            while self.active and await self._line.filled():
                batch = self._draw()
                if batch.accepted:
                    await self._commit(batch)
        except Exception as error:
            # A fault of ours: what is in flight may or may not come to stand, and nothing more may follow it.
            _log.exception("the log's writer failed")
            self._end(NotActive())
            self._trouble = f"the log's writer failed: {error!r}"

    def _draw(self) -> Batch:
        batch = Batch(self._window, self._published.head)
        while len(self._line) and batch.has_room_for(self._line.first()):
            pending = self._line.leave()
            if pending.wanted:
                batch.take(pending)
            if not pending.wanted:
                del self._pending[pending.append.id]
        return batch

    async def _commit(self, batch: Batch) -> None:
        # A clock that is set back must not take the log's time back.
        record = batch.record(max(self._clock.now(), self._published.time))
        self._inserting, self._inserting_record = batch, record
        standing = await stand(self._store, record, self._pause)
        self._inserting = self._inserting_record = None
        self._recovered()
        if standing is not record:
            self._step_down(standing, batch)
            return
        self._window.add(record, batch.touched)
        for pending in batch.everyone():
            del self._pending[pending.append.id]
        self._published.advance(record)
        batch.stands()

    def _step_down(self, standing: CommitRecord, batch: Batch) -> None:
        """Nothing that waits is ever inserted at a higher number: the other one's window knows nothing of it."""
        _log.warning("another log replica took over at commit %d", standing.number)
        error = NotActive(address_in(standing))
        batch.fails(error)
        self._end(error)

    def _supersede(self, error: NotActive) -> None:
        if not self.active:
            self._not_active = error
            return
        if self._task is not None:
            # Whether what is in flight stands, the other one's window knows.
            self._task.cancel()
        self._end(error)

    def _end(self, error: NotActive) -> None:
        if self._inserting is not None:
            self._inserting.fails(Unavailable("the writer ended; the outcome is open"))
            self._inserting = self._inserting_record = None
        self._line.drop_all(error)
        self._pending.clear()
        if self.active:
            self._not_active, self._trouble = error, str(error)
        self._ended.set()
        self._published.wake()

    async def _pause(self, reason: str) -> None:
        self._trouble = f"the log's store: {reason}"
        await asyncio.sleep(self._pauses.next())
        now = asyncio.get_running_loop().time()
        error = Unavailable(f"the log's store does not answer: {reason}")
        for pending in self._line.drop_late(now, error):
            self._pending.pop(pending.append.id, None)
        # These stay in flight: a repeated id finds them, and shares their outcome.
        for pending in self._inserting.everyone() if self._inserting else ():
            if pending.deadline <= now:
                pending.fail(error)

    def _recovered(self) -> None:
        self._trouble = None
        self._pauses.reset()

    async def _read_head(self) -> Head:
        known = self._published.head
        if self.active:
            newer = await self._store.outline(known.number, 1)
            if not newer or self._published.head.number > known.number:
                return self._published.head
            if self._inserting_record is not None and same(newer[0], self._inserting_record):
                return Head(newer[0].number, newer[0].last, newer[0].log_id)
            # The next insert will run into it and say so; who reads gets the truth at once.
        last = await self._store.last()
        return Head(last.number, last.last, last.log_id) if last else Head(0, 0, "")
