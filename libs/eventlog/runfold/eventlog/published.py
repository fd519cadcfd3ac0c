"""What has been committed, for those in this process who follow."""

import asyncio
import logging
from collections.abc import Callable

from runfold.contracts.envelope import Commit, CommitRecord
from runfold.eventlog.port import Head
from runfold.eventlog.tail import Tail

_log = logging.getLogger(__name__)

OnCommit = Callable[[Commit], None]


class Published:
    """The head, the last commits, and who wants to know of the next."""

    def __init__(self) -> None:
        self.head = Head(0, 0, "")
        self.time = 0  #: of the last commit
        self.tail = Tail()
        self._listeners: list[OnCommit] = []
        self._changed = asyncio.Event()

    def listen(self, callback: OnCommit) -> None:
        self._listeners.append(callback)

    def begin(self, record: CommitRecord) -> None:
        """A term begins with this commit; what came between the last term and it isn't in memory."""
        self.tail = Tail()
        self.advance(record)

    def advance(self, record: CommitRecord) -> None:
        """The next commit is durable."""
        commit = Commit(record)
        self.head, self.time = Head(record.number, record.last, record.log_id), record.time
        self.tail.add(commit)
        for callback in self._listeners:
            try:
                callback(commit)
            except Exception:
                _log.exception("a listener failed at commit %d", record.number)
        self.wake()

    def wake(self) -> None:
        """Everyone who waits for a change looks again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def changed(self) -> None:
        await self._changed.wait()
