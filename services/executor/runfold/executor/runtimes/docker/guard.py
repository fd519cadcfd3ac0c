"""Sees to it that a watchdog is there while containers are that are to stop where their host is cut off."""

import fcntl
import os
import sys
from contextlib import suppress
from pathlib import Path

from runfold.executor.runtime import RuntimeUnavailable
from runfold.executor.runtimes.docker import watchdog
from runfold.executor.runtimes.process.leftovers import boot_id

#: Seconds without an answered inventory below which the watchdog doesn't look: `stop_after` is never less.
LEAST = 45


class Guard:
    """One watchdog for each heartbeat. It holds the lock beside that as long as it lives, inherited from this one."""

    def __init__(self, heartbeat: Path, url: str, outputs: Path) -> None:
        """`outputs` has a directory for each attempt, where it says so if it stopped it."""
        self._heartbeat, self._url, self._outputs = heartbeat, url, outputs
        self._lock = heartbeat.with_name("watchdog.lock")
        self._needed = False
        self._pid: int | None = None

    def be_there(self) -> None:
        """Raises RuntimeUnavailable."""
        self._needed = True
        try:
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RuntimeUnavailable(f"no watchdog: {error}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._spawn(lock)
        except BlockingIOError:
            return  # it is
        except OSError as error:
            raise RuntimeUnavailable(f"no watchdog: {error}") from error
        finally:
            os.close(lock)

    def remain(self) -> None:
        """If it was needed. One that can't be made now is tried again next time."""
        if self._needed:
            with suppress(RuntimeUnavailable):
                self.be_there()

    def _spawn(self, lock: int) -> None:
        if self._pid is not None:
            with suppress(ChildProcessError):
                os.waitpid(self._pid, os.WNOHANG)
        log = os.open(
            self._lock.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
        )
        try:
            arguments = [self._url, str(self._heartbeat), boot_id(), str(self._outputs), str(LEAST)]
            self._pid = os.posix_spawn(
                sys.executable,
                # -I -S -E: nothing but the standard library.
                [sys.executable, "-I", "-S", "-E", watchdog.__file__, *arguments],
                {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                    (os.POSIX_SPAWN_DUP2, lock, watchdog.LOCK),
                ],
                setsid=True,
            )
        finally:
            os.close(log)
