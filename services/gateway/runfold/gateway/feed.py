"""The log as subscribers read it: by position, from wherever they left off."""

import asyncio
from array import array
from bisect import bisect_right
from collections import deque

from runfold.contracts.envelope import Commit, Envelope
from runfold.eventlog.port import EventLog, Unavailable
from runfold.service.view import View

READ = 128  #: commits read at a time
NEWEST_BYTES = 2 * 1024**2  #: of the newest commits, kept so that whoever is at the head reads no store


class Feed:
    """Knows where each commit ends, so that a position finds its commit; 8 bytes a commit."""

    def __init__(self, log: EventLog, view: View) -> None:
        self._log, self._view = log, view
        self._lasts = array("Q")
        self._newest: deque[Commit] = deque()
        self._bytes = 0
        self._grown = asyncio.Event()
        self.stopped = False  #: subscribers come to an end
        view.listen(self._changed)

    async def after(self, position: int) -> list[Envelope]:
        """Some events after `position`, at least one where there is one; none that the view hasn't folded.

        Raises EventLogError.
        """
        number = bisect_right(self._lasts, position)
        known = len(self._lasts)
        if number >= known:
            return []
        commits = self._kept(number) or await self._log.read(number, READ)
        if not commits:
            raise Unavailable(f"the log has no commit {number + 1} that the view has folded")
        return [
            e for commit in commits if commit.number <= known for e in commit.events if e.position > position
        ]

    async def grown(self, position: int, seconds: float) -> bool:
        """True as soon as there is an event after `position`; False after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self._view.cell.position <= position and not self.stopped:
                    await self._grown.wait()
        except TimeoutError:
            return False
        return True

    def stop(self) -> None:
        self.stopped = True
        self._wake()

    def forget(self) -> None:
        """The newest commits as well: they are read from the log like all others."""
        self._newest.clear()
        self._bytes = 0

    def _kept(self, number: int) -> list[Commit]:
        if not self._newest or self._newest[0].number > number + 1:
            return []
        start = number + 1 - self._newest[0].number
        return [self._newest[i] for i in range(start, min(start + READ, len(self._newest)))]

    def _changed(self, commit: Commit | None) -> None:
        if commit is None:
            del self._lasts[:]
            self.forget()
            return
        self._lasts.append(commit.last)
        self._newest.append(commit)
        self._bytes += len(bytes(commit.record.body))
        while self._bytes > NEWEST_BYTES and len(self._newest) > 1:
            self._bytes -= len(bytes(self._newest.popleft().record.body))
        self._wake()

    def _wake(self) -> None:
        """Whoever waits now; the next one to wait waits for the next commit."""
        self._grown.set()
        self._grown.clear()
