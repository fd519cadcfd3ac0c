"""What the processes of a session use, by /proc."""

import os
import time
from dataclasses import dataclass, field

from runfold.executor.runtime import Usage
from runfold.executor.runtimes.process.directory import Record
from runfold.executor.runtimes.process.leftovers import boot_id
from runfold.executor.runtimes.process.supervisor import stat_of

#: Seconds that one look at all processes counts: it is one for all jobs of this host.
_FRESH = 0.05
_TICK_MICROS = 1_000_000 // os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
#: In what `stat_of` gives: session, time of its own and of its ended children, start, resident pages.
_SESSION, _OWN, _CHILDREN, _START, _RESIDENT = 3, slice(11, 13), slice(13, 15), 19, 21


@dataclass(slots=True)
class _Session:
    leader_ticks: str = ""
    cpu_ticks: int = 0
    pages: int = 0


@dataclass(slots=True)
class Usages:
    """For one thread at a time."""

    _looked: float = float("-inf")
    _sessions: dict[int, _Session] = field(default_factory=dict)

    def of(self, record: Record) -> Usage | None:
        """Of the job alone: its supervisor counts only for those that ended as its children. None when it is gone."""
        if record.boot_id != boot_id():
            return None
        if time.monotonic() - self._looked > _FRESH:
            self._sessions, self._looked = _look(), time.monotonic()
        session = self._sessions.get(record.pid)
        if session is None or session.leader_ticks != str(record.ticks):
            return None
        memory = session.pages * _PAGE
        return Usage(session.cpu_ticks * _TICK_MICROS, memory, memory)


def _look() -> dict[int, _Session]:
    sessions: dict[int, _Session] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        if len(stat := stat_of(name)) <= _RESIDENT:
            continue
        session = sessions.setdefault(int(stat[_SESSION]), _Session())
        session.cpu_ticks += sum(map(int, stat[_CHILDREN]))
        if name == stat[_SESSION]:
            session.leader_ticks = stat[_START]
        else:
            session.cpu_ticks += sum(map(int, stat[_OWN]))
            session.pages += int(stat[_RESIDENT])
    return sessions
