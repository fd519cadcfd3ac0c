"""Each commit, whole, to every follower. A message only hurries: a lost one costs its follower a read of the log."""

from collections import deque

import structlog

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import Exchange
from runfold.contracts.envelope import Commit, encode_commit
from runfold.eventlog.writer import Writer
from runfold.service.metrics import METRICS
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks

log = structlog.get_logger(__name__)

#: Commits that wait to be published; the oldest fall out, their followers read them.
BACKLOG = 1024


_appends = METRICS.histogram(
    "runfold_commit_appends",
    "Appends that shared a commit; its count is that of commits.",
    (1, 2, 5, 10, 20, 50, 100, 200, 500),
)


class Publisher:
    def __init__(self, writer: Writer, bus: Bus, tasks: Tasks) -> None:
        self._bus, self._tasks = bus, tasks
        self._backlog: deque[Commit] = deque(maxlen=BACKLOG)
        self._filled = Signal()
        writer.on_commit(self._add)

    def start(self) -> None:
        self._tasks.start("publish commits", self._publish())

    def _add(self, commit: Commit) -> None:
        _appends.observe(len(commit.record.appends))
        self._backlog.append(commit)
        self._filled.set()

    async def _publish(self) -> None:
        while True:
            await self._filled.wait()
            while self._backlog:
                commit = self._backlog.popleft()
                try:
                    await self._bus.publish(Exchange.COMMITS, "", Message(encode_commit(commit.record)))
                except BusError as error:
                    log.debug("commit not published", number=commit.number, error=str(error))
