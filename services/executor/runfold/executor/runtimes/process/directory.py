"""The directory of one process job, and what its files say. The supervisor writes them, any executor reads them.

`lock` is held as long as the supervisor lives (it inherits it locked, so there is no moment without).
`record` is there before the job can have run; `started` once it was; `exit` once it has ended, its output whole.
So without `record` and lock it never ran; with `record` and neither lock nor `exit`, nobody can tell what became of it.
"""

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from runfold.executor.runtime import Ended, Started

#: What a job finds below its home.
OWN = ("workflow", "root", "tmp")
#: Ends the name of a directory that is being removed.
REMOVED = ".removed"


@dataclass(frozen=True, slots=True)
class Record:
    """Which process supervises; `ticks` (its start, in clock ticks since boot) tells it from a later one of its pid."""

    pid: int
    ticks: int
    boot_id: str


class JobDirectory:
    """`path` holds what the supervisor keeps; `path/home` is the job's own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.home = path / "home"
        self.output = path / "output"

    def make(self) -> None:
        self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name in OWN:
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.output.touch(mode=0o600)
        control = self.path / "control"
        if not control.exists():
            os.mkfifo(control, 0o600)

    def give_to(self, uid: int, gid: int, more: list[Path]) -> None:
        """The directories that were made for it, and `more` below them; what lies in there is its user's already."""
        for path in (self.home, *(self.home / name for name in OWN), *more):
            os.chown(path, uid, gid, follow_symlinks=False)

    def exists(self) -> bool:
        return self.path.is_dir()

    def lock(self) -> int | None:
        """The locked file, to be closed or handed on, or None while a supervisor holds it."""
        file = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file

    def record(self) -> Record | None:
        fields = self._read("record").split()
        return Record(int(fields[0]), int(fields[1]), fields[2]) if fields else None

    def started(self) -> Started | None:
        text = self._read("started")
        return Started(int(text)) if text else None

    def ended(self) -> Ended | None:
        """`exit` is: status, time, bytes of output, a reason or -, a message."""
        text = self._read("exit")
        if not text:
            return None
        status, exited_at, size, reason, message = text.split(" ", 4)
        return Ended(
            exit_status=int(status),
            exited_at=int(exited_at),
            output_bytes=int(size),
            reason=None if reason == "-" else reason,
            message=message or None,
        )

    def order_stop(self, grace: int | None) -> None:
        """No error when nobody listens: then it has ended."""
        try:
            control = os.open(self.path / "control", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return
        try:
            os.write(control, b"none\n" if grace is None else f"{grace}\n".encode())
        finally:
            os.close(control)

    def size(self) -> int:
        try:
            return self.output.stat().st_size
        except FileNotFoundError:
            return 0

    def read_output(self, offset: int, limit: int) -> bytes:
        try:
            with self.output.open("rb", buffering=0) as file:
                return os.pread(file.fileno(), limit, offset)
        except FileNotFoundError:
            return b""

    def remove(self) -> None:
        """Renamed first, so that a half removed one is never taken for a job that didn't start."""
        gone = self.path.with_name(self.path.name + REMOVED)
        shutil.rmtree(gone, ignore_errors=True)
        try:
            self.path.rename(gone)
        except FileNotFoundError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def _read(self, name: str) -> str:
        try:
            return (self.path / name).read_text(errors="replace")
        except FileNotFoundError:
            return ""
