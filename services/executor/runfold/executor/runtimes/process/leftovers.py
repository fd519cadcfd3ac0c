"""Finds and kills what a supervisor left behind that was itself killed."""

import os
import signal
import time
from functools import cache
from pathlib import Path

from runfold.executor.runtimes.process.directory import Record
from runfold.executor.runtimes.process.supervisor import processes_of, start_time, stat_of

#: How often, and after how many seconds, it's looked whether they're gone.
_TRIES = 100
_PAUSE = 0.01


@cache
def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def kill_leftovers(record: Record | None) -> None:
    """A job's processes stay in its supervisor's session, whose number nobody else gets while one of them lives.

    One that left it is found as long as its parent is there; the supervisor, who would have adopted it, isn't.
    """
    if record is None or record.boot_id != boot_id():
        return
    leader = stat_of(str(record.pid))
    if leader and leader[0] != "Z" and start_time(str(record.pid)) != str(record.ticks):
        return  # the pid went to somebody else, so nothing of this session is left
    for _ in range(_TRIES):
        members = processes_of(record.pid, supervised=False)
        if not members:
            return
        for pid in members:
            _kill(pid)
        time.sleep(_PAUSE)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
