"""A server program in the background: known by its pid file, so that another process can stop it."""

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

#: Below are the ports of well-known services.
_LOWEST_PORT = 10_000

#: The programs that this process started: kept so that they are reaped, whichever object ends them.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


class StartFailed(RuntimeError):
    """A server did not come up in time; the message ends with the last lines it wrote."""


class Program:
    """One program of `directory`, running in a process group of its own."""

    def __init__(self, directory: Path, name: str) -> None:
        self._pid_file = directory / f"{name}.pid"
        self._log = directory / f"{name}.log"
        self._name = name

    def start(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, *, inherit: bool = True
    ) -> None:
        """Starts `command` with `environment`, on top of this process's own if `inherit`; not while it runs."""
        if self.running:
            return
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                command,
                env={**(os.environ if inherit else {}), **(environment or {})},
                cwd=self._log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _CHILDREN[process.pid] = process
        self._pid_file.write_text(f"{process.pid} {_started_at(process.pid)}")

    @property
    def running(self) -> bool:
        """Whether the process that the pid file names is still this one, and not a zombie."""
        pid = self._pid()
        return pid is not None and _started_at(pid) is not None

    def await_ready(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Returns once `is_ready()`; raises StartFailed when the program ends or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if is_ready():
                return
            if not self.running:
                raise StartFailed(f"{self._name} ended while it started:\n{self._last_lines()}")
            time.sleep(0.05)
        raise StartFailed(f"{self._name} was not ready within {seconds:.0f} s:\n{self._last_lines()}")

    def stop(self, seconds: float = 20) -> None:
        """Asks it to end, and kills what is left of its group when the time is over."""
        self.signal(signal.SIGTERM)
        if not self._await_end(seconds):
            self.kill()

    def kill(self) -> None:
        """Kills the whole group at once, as a crash would; returns when it is gone."""
        self.signal(signal.SIGKILL)
        self._await_end(10)

    def pause(self) -> None:
        """Freezes the group: connections stay open and nothing answers."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Ends what `pause` began."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to every process of the group, if any is left."""
        pid = self._pid()
        if pid is not None and _started_at(pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)

    def _await_end(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.running:
            return False
        for process in [child for child in _CHILDREN.values() if child.poll() is not None]:
            del _CHILDREN[process.pid]
        return True

    def _pid(self) -> int | None:
        try:
            pid, started = self._pid_file.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if _started_at(int(pid)) == started else None

    def _last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


class Server:
    """A server made of one program, with everything of it in `directory`."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self._server = Program(directory, name)

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._server.running

    def stop(self) -> None:
        """Ends the server in order."""
        self._server.resume()
        self._server.stop()

    def kill(self) -> None:
        """Ends the server as a crash would."""
        self._server.kill()

    def pause(self) -> None:
        """Freezes it: connections stay open and nothing answers."""
        self._server.pause()

    def resume(self) -> None:
        """Ends what `pause` began."""
        self._server.resume()


def _started_at(pid: int) -> str | None:
    """The kernel's start time of a living process; a zombie is as good as gone, a reused pid has another time."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def free_ports(count: int) -> list[int]:
    """`count` different TCP ports of 127.0.0.1 that nothing listens on.

    None that the kernel gives to outgoing connections: a client that tries to reach a server while that is away would
    sooner or later have the server's port, or even meet itself there, and the server couldn't come back.
    """
    candidates = list(range(_LOWEST_PORT, _first_outgoing_port()))
    random.shuffle(candidates)
    return list(itertools.islice(filter(_is_free, candidates), count))


def _first_outgoing_port() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except FileNotFoundError:
        first = 32_768
    return first if first > _LOWEST_PORT + 1_000 else 32_768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether something accepts connections at this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def which(name: str) -> str | None:
    """The path of a program on PATH, or where Debian puts servers, which a plain user's PATH lacks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin")
