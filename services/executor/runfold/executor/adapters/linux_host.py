"""This machine: how much of it jobs may have, and the lock that lets one executor act in its name."""

import os
import platform
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from runfold.contracts.values import Quantities
from runfold.executor.host import HostFacts, IdentityTaken
from runfold.executor.runtimes.process import supervisor
from runfold.executor.runtimes.process.leftovers import boot_id
from runfold.service.logging import get_logger

_log = get_logger("runfold.executor")

#: An address that is nobody's (RFC 5737), beyond whatever network this machine is in.
ELSEWHERE = ("192.0.2.1", 9)
#: Where a container's memory limit is, by cgroup version.
_MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


class LinuxHost:
    """`data` lies on the disk that jobs fill; `heartbeat` is the file that supervisors and the watchdog read."""

    def __init__(self, data: Path, heartbeat: Path) -> None:
        self._data, self._heartbeat = data, heartbeat

    def facts(self) -> HostFacts:
        disk = os.statvfs(self._data)
        capacity = Quantities(
            cpu=len(os.sched_getaffinity(0)) * 1000,
            memory=_memory(),
            disk=disk.f_blocks * disk.f_frsize,
        )
        arch = "arm" if platform.machine() in ("aarch64", "arm64") else "x86"
        return HostFacts(capacity, arch, _address())

    def uptime(self) -> int:
        return supervisor.uptime()

    def heartbeat(self) -> int:
        return supervisor.heartbeat(str(self._heartbeat), boot_id())

    def beat(self, uptime: int) -> None:
        """In place, so that a full disk is no reason to stop; not synced, since it is for this boot alone."""
        text = f"{boot_id()} {uptime:020d} {uptime:020d}\n".encode()
        try:
            file = os.open(self._heartbeat, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(file, text, 0)
            finally:
                os.close(file)
        except OSError as error:
            _log.error("a heartbeat can't be kept", error=str(error))

    def take_identity(self, host_id: str) -> Callable[[], None]:
        """An abstract socket's name: taken once on a machine, also by a copy of the data directory, and freed by the
        kernel when the process is gone."""
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0runfold-executor-{host_id}")
        except OSError:
            lock.close()
            raise IdentityTaken(f"an executor of host {host_id} runs already on this machine") from None
        return lock.close


def _address() -> str | None:
    """The one that this machine uses towards others: nothing is sent to find it out."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _memory() -> int:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([total, *filter(None, map(_limit, _MEMORY_LIMITS))])


def _limit(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
