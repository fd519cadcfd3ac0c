"""Supervisors as the process runtime meets them: begun, found again, waited for, in threads."""

import os
import select
import sys
import time
from contextlib import ExitStack, suppress
from typing import BinaryIO

from runfold.executor.runtime import RuntimeUnavailable
from runfold.executor.runtimes.process import supervisor
from runfold.executor.runtimes.process.directory import JobDirectory
from runfold.executor.runtimes.process.environment import interpreter_environment

_POLL = 0.005
#: Seconds that a thread waits for a supervisor before it says what holds it up; then it's tried again.
PATIENCE = 5.0


def spawn(directory: JobDirectory, spec: bytes, lock: int) -> int:
    """The pid of a new supervisor, once the job has started; `lock` is the directory's. Raises RuntimeUnavailable,
    OSError."""
    with ExitStack() as ours:
        with ExitStack() as theirs:
            spec_reader, spec_writer = _pipe(theirs, ours)
            ack_reader, ack_writer = _pipe(ours, theirs)
            log = os.open(directory.path / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            errors = theirs.enter_context(os.fdopen(log, "ab"))
            pid = _supervise(directory, {0: spec_reader, 1: ack_writer, 2: errors}, lock)
        # By a pipe, since others may read a command line or an environment. One that nobody reads has no ack.
        with suppress(BrokenPipeError), spec_writer:
            spec_writer.write(spec)
        if not select.select([ack_reader], [], [], PATIENCE)[0]:
            # It may yet start it, and is adopted then: it holds the lock.
            raise RuntimeUnavailable(stuck(directory, "hasn't said that the job started"))
        if not ack_reader.readline():
            _reap(pid)
            raise OSError(f"the supervisor could not start the job; {directory.path}/supervisor.log says why")
    return pid


def _pipe(reading: ExitStack, writing: ExitStack) -> tuple[BinaryIO, BinaryIO]:
    """Its two ends, each closed with its stack."""
    reader, writer = os.pipe()
    return reading.enter_context(os.fdopen(reader, "rb")), writing.enter_context(os.fdopen(writer, "wb"))


def _supervise(directory: JobDirectory, streams: dict[int, BinaryIO], lock: int) -> int:
    """The pid of a supervisor whose descriptors are `streams` and `lock`."""
    return os.posix_spawn(
        sys.executable,
        # -I -S -E: nothing but the standard library, and a start in some 10 ms.
        [sys.executable, "-I", "-S", "-E", supervisor.__file__, str(directory.path)],
        interpreter_environment(),
        file_actions=[
            *((os.POSIX_SPAWN_DUP2, stream.fileno(), number) for number, stream in streams.items()),
            (os.POSIX_SPAWN_DUP2, lock, supervisor.LOCK),
        ],
        setsid=True,
    )


def descriptor_of(directory: JobDirectory, pid: int) -> int | None:
    """A pidfd of the supervisor, or None when it is gone. Its lock tells it from a later process of the same pid.

    One that is gone, but for this process's asking how it ended, is nobody else.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    lock = directory.lock()
    if lock is None:
        return descriptor
    os.close(lock)
    if _is_child(pid):
        return descriptor
    os.close(descriptor)
    return None


def _is_child(pid: int) -> bool:
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _reap(pid: int) -> None:
    """Of a child that is about to end: else it would stay a zombie as long as this process lives."""
    descriptor = os.pidfd_open(pid)
    try:
        select.select([descriptor], [], [], PATIENCE)
    finally:
        os.close(descriptor)
    os.waitpid(pid, os.WNOHANG)


def pid_of(directory: JobDirectory) -> int | None:
    """Of the one that holds the lock: its record follows within a moment. None when the lock is free again.

    Raises RuntimeUnavailable when it doesn't follow.
    """
    deadline = time.monotonic() + PATIENCE
    while (record := directory.record()) is None or directory.started() is None:
        if (lock := directory.lock()) is not None:
            os.close(lock)
            return None
        if time.monotonic() >= deadline:
            raise RuntimeUnavailable(stuck(directory, "hasn't said that the job started"))
        time.sleep(_POLL)
    return record.pid


def remove(directory: JobDirectory) -> None:
    """Raises RuntimeUnavailable while its supervisor goes on."""
    if not directory.exists():
        return
    deadline = time.monotonic() + PATIENCE
    while (lock := directory.lock()) is None:
        if time.monotonic() >= deadline:
            raise RuntimeUnavailable(stuck(directory, "doesn't end"))
        time.sleep(_POLL)
    os.close(lock)
    directory.remove()


def stuck(directory: JobDirectory, what: str) -> str:
    return (
        f"the supervisor {what} within {PATIENCE:g} s, as on a full or failing disk; {directory.path}/supervisor.log "
        f"may say why, and `fuser {directory.path}/lock` names the process to look at"
    )
