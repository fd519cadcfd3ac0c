"""Until when an attempt that stops where its host is cut off may run here (PROTOCOL.md, Silence).

The last answered inventory counts from when it was sent, by a clock that also counts while the machine sleeps. What
runs is stopped by its supervisor or the watchdog, which read the same from the disk: they outlive the executor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runfold.contracts.executor import Assignment
from runfold.executor.host import Host

SECOND = 1_000_000
CUT_OFF = "this host is cut off: nothing begins that would have to stop at once"


class Lease:
    def __init__(self, host: Host) -> None:
        self._host = host
        #: Whether an attempt is to stop. Being heard again must not let it begin before that reaches its runtime.
        self.stopped: Callable[[str], bool] = lambda _: False

    def now(self) -> int:
        """To be taken before an inventory is sent."""
        return self._host.uptime()

    def renew(self, sent_at: int) -> None:
        """The inventory of then was answered."""
        if sent_at > self._host.heartbeat():
            self._host.beat(sent_at)

    def holds(self, assignment: Assignment) -> bool:
        """Whether it may begin now."""
        if assignment.stop_after is None:
            return True
        over = self._host.heartbeat() + assignment.stop_after * SECOND
        return not self.stopped(assignment.attempt_id) and self._host.uptime() < over


@dataclass(frozen=True, slots=True)
class Leash:
    """How a runtime holds what stops by itself: asked before it begins; `heartbeat` is the file that lasts."""

    heartbeat: Path
    holds: Callable[[Assignment], bool]
