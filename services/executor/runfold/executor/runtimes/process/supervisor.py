"""Keeps one process job: starts it, writes down what becomes of it, kills the whole of it.

The process runtime runs this file as a program in a session of its own, in the job's directory, so that the job
outlives the executor. It is on the way of every job: it imports only what is built in or frozen (`signal` alone costs
7 ms by its enums), and nothing of Runfold. `directory.py` reads the files it writes, and says what they mean.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]
import marshal
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing it for real would cost more than all else here
    from typing import Any, NoReturn

#: Where the executor puts the locked file.
LOCK = 3
HOUR = 3600
BLOCK = 65536
ENOENT = 2
SET_CHILD_SUBREAPER = 36
#: How long output that nobody closes is waited for after the job's end: seconds without any, and in all.
LINGER = 0.3
LINGER_IN_ALL = 3.0
#: Seconds between two looks at the heartbeat at most: after the machine slept, so many may be too many.
LOOK = 5.0
#: How often a heartbeat is read that is being written.
READINGS = 5


class Output:
    """The job's output file, at most `limit` bytes an hour; what is dropped is said in it."""

    #: Whether all that is dropped comes by here, and so is counted.
    counts = True

    def __init__(self, path: str, limit: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.size = os.fstat(self._file).st_size
        self._limit = limit
        self._hour = time.monotonic()
        self._written = 0
        self._dropped = 0

    @property
    def full(self) -> bool:
        """Some was dropped, and nothing more is taken in this hour."""
        over = self._dropped > 0 and self._written >= self._limit
        return over and time.monotonic() - self._hour < HOUR

    def take(self, data: bytes, least: int = 0) -> None:
        """Counts it as `least` bytes at least."""
        if time.monotonic() - self._hour >= HOUR:
            self._hour, self._written = time.monotonic(), 0
        room = max(self._limit - self._written, 0)
        if room:
            self._say_dropped()
        self._written += max(min(room, len(data)), least)
        self._write(data[:room])
        if len(data) > room:
            if not self._dropped:
                self._say(f"the output limit of {self._limit} bytes an hour is reached")
            self._dropped += len(data) - room

    def close(self) -> None:
        self._say_dropped()
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def _say_dropped(self) -> None:
        dropped, self._dropped = self._dropped, 0
        if dropped:
            amount = f"{dropped} bytes of output were" if self.counts else "output was"
            self._say(f"{amount} dropped here")

    def _say(self, text: str) -> None:
        self._write(f"\n[runfold: {text}]\n".encode())

    def _write(self, data: bytes) -> None:
        while data:
            try:
                written = os.write(self._file, data)
            except (
                OSError
            ):  # the disk is full: the job goes on, and what is missing is said once there is room
                self._dropped += len(data)
                return
            self.size += written
            data = data[written:]


class Leash:
    """Of a job that is to stop when its host was cut off for too long: it goes on elsewhere (PROTOCOL.md, Silence)."""

    def __init__(self, seconds: int | None, grace: int, path: str, boot_id: str) -> None:
        """Without `seconds` it holds nothing."""
        self._seconds, self._grace, self._path, self._boot_id = seconds, grace, path, boot_id
        self.cut_off = False

    def left(self) -> float | None:
        """Seconds until it is to be looked at again; None for never."""
        if self._seconds is None or self.cut_off:
            return None
        over = heartbeat(self._path, self._boot_id) / 1e6 + self._seconds
        return max(over - uptime() / 1e6, 0.0)

    def pull(self, deadline: float | None) -> float | None:
        """Stops the job if it is time to; the deadline of its end."""
        if self.left() != 0.0:
            return deadline
        self.cut_off = True
        return obey(f"{self._grace}".encode(), deadline)

    @property
    def told(self) -> tuple[str, str]:
        """The reason and the message of the job's end."""
        if not self.cut_off:
            return "-", ""
        return "interrupted_by_no_capacity", f"stopped by its host, which was cut off for {self._seconds} s"


def main() -> None:
    os.chdir(sys.argv[1])
    spec: dict[str, Any] = marshal.loads(sys.stdin.buffer.read())
    adopt_orphans()
    # Whoever stops the executor's unit, or closes its terminal, doesn't stop its jobs: orders come by the FIFO alone.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.set_inheritable(LOCK, False)
    control = os.open("control", os.O_RDWR | os.O_NONBLOCK)
    output = Output("output", spec["output_limit"])
    # From here on the job counts as run: if this process ends without writing an exit, nobody can tell what happened.
    write_durably("record", f"{os.getpid()} {start_time('self')} {spec['boot_id']}")
    reader, writer = os.pipe()
    pid, error = spawn(spec, writer)
    os.close(writer)
    started = now()
    write_durably("started", str(started))
    tell_parent(f"{started}\n")
    if error:
        os.waitpid(pid, 0)
        finish(output, 127, "creating_container_error", error)
    leash = Leash(spec["stop_after"], spec["stop_after_grace"], spec["heartbeat"], spec["boot_id"])
    status = watch(pid, reader, control, output, leash)
    finish(output, status, *leash.told)


def adopt_orphans() -> None:
    """Whatever of the job loses its parent becomes this process's child: a session of its own is no way out."""
    try:
        import _ctypes  # `ctypes` around it costs more than the rest of a start

        prctl = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")  # type: ignore[arg-type]
        _ctypes.call_function(prctl, (SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    except (ImportError, AttributeError, OSError):
        return  # a Python without it: the session's processes are found all the same


def finish(output: Output, status: int, reason: str, message: str) -> NoReturn:
    """A full disk holds this up, and doesn't lose it."""
    try:
        output.close()
    except OSError:
        message = message or "the last of the output could not be written to the disk"
    ended = now()
    while True:
        try:
            write_durably("exit", f"{status} {ended} {output.size} {reason} {message}")
            os._exit(0)
        except OSError:
            time.sleep(1)


def spawn(spec: dict[str, Any], output: int) -> tuple[int, str]:
    """The job's pid, and why it could not be executed or "". It stays in this session: who is left is found by it."""
    complaint, complain = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            become(spec, output)
        except BaseException as error:
            os.write(complain, describe(error, spec).encode(errors="replace"))
        os._exit(127)
    os.close(complain)
    message = os.read(complaint, 4096).decode(errors="replace")
    os.close(complaint)
    return pid, message


def become(spec: dict[str, Any], output: int) -> None:
    os.setpgid(0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # Entered before the identity changes: the way there may be closed to the job's user.
    os.chdir(spec["cwd"])
    if spec["uid"] is not None:
        os.setgroups(spec["groups"])
        os.setgid(spec["gid"])
        os.setuid(spec["uid"])
    os.umask(0o022)
    execute(spec["argv"], spec["env"])


def execute(argv: list[bytes], env: dict[bytes, bytes]) -> NoReturn:
    """Returns never. As os.execvpe, but imports nothing: the job's user may not be able to read Python's library."""
    failure: OSError = FileNotFoundError(ENOENT, "No such file or directory")
    for directory in [b""] if b"/" in argv[0] else env.get(b"PATH", b"/usr/bin:/bin").split(b":"):
        try:
            os.execve(directory + b"/" + argv[0] if directory else argv[0], argv, env)
        except OSError as error:
            failure = error if error.errno != ENOENT else failure
    raise failure


def describe(error: BaseException, spec: dict[str, Any]) -> str:
    if isinstance(error, FileNotFoundError | PermissionError | NotADirectoryError):
        what = spec["cwd"] if error.filename == spec["cwd"] else os.fsdecode(spec["argv"][0])
        return f"{what}: {error.strerror}"
    return f"{type(error).__name__}: {error}"


def watch(pid: int, reader: int, control: int, output: Output, leash: Leash) -> int:
    """Pumps output and takes orders until the job has ended and its output is read; its exit status."""
    children = told_of_children()
    poll = select.poll()
    for descriptor in (reader, control, children):
        poll.register(descriptor, select.POLLIN)
    deadline: float | None = None
    status: int | None = None
    reading, read_until = True, 0.0
    while status is None or reading:
        ready = dict(poll.poll(wait_for(deadline, status, leash)))
        if status is not None and (not ready or time.monotonic() > read_until):
            break  # something that couldn't be killed holds the pipe open
        if reader in ready:
            data = os.read(reader, BLOCK)
            if data:
                output.take(data)
            else:
                reading = False
                poll.unregister(reader)
        if control in ready:
            deadline = obey(os.read(control, 4096), deadline)
        if status is None:
            deadline = leash.pull(deadline)
        if deadline is not None and time.monotonic() >= deadline and status is None:
            signal_all(signal.SIGKILL)
            deadline = time.monotonic() + 1
        if children in ready:
            os.read(children, 4096)
            if (code := reap(pid)) is not None:
                status = code if code >= 0 else 128 - code
                kill_all()
                read_until = time.monotonic() + LINGER_IN_ALL
    return status


def told_of_children() -> int:
    """A descriptor with something to read once a child, or an orphan, has ended; and now, for those before."""
    told, tell = os.pipe()
    os.set_blocking(told, False)
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    os.write(tell, b"0")
    return told


def reap(job: int) -> int | None:
    """The job's exit code if it has ended; whoever else has is let go."""
    code: int | None = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == job:
            code = os.waitstatus_to_exitcode(status)


def wait_for(deadline: float | None, status: int | None, leash: Leash) -> int | None:
    """Milliseconds to wait for something to happen; None without end."""
    if status is not None:
        return int(LINGER * 1000)
    left = leash.left()
    waits = [] if left is None else [min(left, LOOK)]
    if deadline is not None:
        waits.append(deadline - time.monotonic())
    return max(0, int(min(waits) * 1000) + 1) if waits else None


def obey(orders: bytes, deadline: float | None) -> float | None:
    """Each order is a line, the seconds of grace or `none`; the soonest deadline holds. No grace is no question."""
    for order in orders.decode().split():
        signal_all(signal.SIGKILL if order == "0" else signal.SIGTERM)
        if order != "none":
            due = time.monotonic() + float(order)
            deadline = due if deadline is None else min(deadline, due)
    return deadline


def signal_all(number: int) -> bool:
    """To all that the job started, so also to those with a group or a session of their own; False when nobody's
    left."""
    members = processes_of(os.getpid(), supervised=True)
    for pid in members:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
    return bool(members)


def kill_all() -> None:
    """Returns when they're gone, or after a second: one that waits for a broken disk can't be killed."""
    for _ in range(200):
        if not signal_all(signal.SIGKILL):
            return
        time.sleep(0.005)


def processes_of(session: int, *, supervised: bool) -> list[int]:
    """Those of the session, and all below them; below its leader too, where it is the supervisor that still lives.

    Without the leader, and without those that are dead but for their parent's noticing it.
    """
    leader = str(session)
    stats = {name: stat_of(name) for name in os.listdir("/proc") if name.isdigit() and name != leader}
    living = {name: stat for name, stat in stats.items() if stat and stat[0] != "Z"}
    found = [name for name, stat in living.items() if stat[3] == leader]
    parents = [leader, *found] if supervised else [*found]
    while parents:
        parents = [name for name, stat in living.items() if stat[1] in parents and name not in found]
        found += parents
    return [int(name) for name in found]


def stat_of(process: str) -> list[str]:
    """Its /proc stat from the state on: state, parent, group, session, …; empty when it's gone."""
    try:
        with open(f"/proc/{process}/stat", "rb", buffering=0) as file:
            return file.read().rpartition(b")")[2].decode().split()
    except OSError:
        return []


def start_time(process: str) -> str:
    """In clock ticks since boot: tells a process from a later one of the same pid."""
    return stat_of(process)[19]


def uptime() -> int:
    """Microseconds since boot, those included in which the machine slept."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def heartbeat(path: str, boot_id: str) -> int:
    """The uptime of the last inventory that was answered, when it was sent; 0 for none since boot.

    It stands there twice, and is written in place: what differs was caught in the middle of that.
    """
    for _ in range(READINGS):
        try:
            with open(path, "rb", buffering=0) as file:
                words = file.read(200).decode().split()
        except OSError:
            return 0
        if len(words) == 3 and words[1] == words[2]:
            return int(words[1]) if words[0] == boot_id else 0
        time.sleep(0.001)
    return 0


def now() -> int:
    return time.time_ns() // 1000


def write_durably(name: str, text: str) -> None:
    """The file is there whole or not at all, also after a crash of the machine."""
    file = os.open(name + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(file, text.encode())
        os.fsync(file)
    finally:
        os.close(file)
    os.rename(name + ".new", name)
    directory = os.open(".", os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def tell_parent(text: str) -> None:
    """The executor may be gone by now; then the next one reads the files."""
    try:
        os.write(1, text.encode())
    except OSError:
        return
    finally:
        os.dup2(2, 1)


if __name__ == "__main__":
    main()
