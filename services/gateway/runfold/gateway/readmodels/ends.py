"""Who waits until an attempt is over."""

import asyncio

from runfold.contracts import job
from runfold.contracts.envelope import Commit


class Ends:
    """A set of waiters an attempt, each woken once; an attempt that nobody waits for costs a look."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Event]] = {}

    def of(self, attempt_id: str) -> asyncio.Event:
        """Is set once the attempt's final event is folded; `forget` it."""
        event = asyncio.Event()
        self._waiting.setdefault(attempt_id, []).append(event)
        return event

    def forget(self, attempt_id: str, event: asyncio.Event) -> None:
        waiting = self._waiting.get(attempt_id)
        if waiting is not None and event in waiting:
            waiting.remove(event)
            if not waiting:
                del self._waiting[attempt_id]

    def changed(self, commit: Commit | None) -> None:
        if commit is None or not self._waiting:
            return
        for envelope in commit.events:
            match envelope.data:
                case job.JobFinished(attempt_id=attempt_id) | job.JobRetryScheduled(attempt_id=attempt_id):
                    for event in self._waiting.get(attempt_id, ()):
                        event.set()
                case _:
                    pass
