"""What people run beside a process job, by pipes or on a terminal of its own."""

import asyncio
import marshal
import os
import signal as signals
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runfold.contracts.connection import DATA, ERRORS, MOST_BYTES, Execute, Terminal
from runfold.executor.giving import give
from runfold.executor.runtime import Unreachable
from runfold.executor.runtimes.process import session, terminal
from runfold.executor.runtimes.process.environment import Identity, interpreter_environment
from runfold.executor.runtimes.shell import SHELL

_SIGNALLED = 128
#: Seconds between hanging up and the kill of what goes on all the same.
_GRACE = 5.0
#: Pieces of output that wait to be taken.
_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a session runs, and as who; `identity` is None where it is who runs this."""

    env: dict[str, str]
    directory: str
    identity: Identity | None


def surroundings(supervisor: int, identity: Identity | None) -> Surroundings:
    """Those of the job of this supervisor; raises Unreachable where it has just ended."""
    try:
        children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
        job = Path("/proc") / children[0]
        pairs = (os.fsdecode(item).partition("=") for item in (job / "environ").read_bytes().split(b"\0"))
        env = {name: value for name, equals, value in pairs if equals}
        return Surroundings(env, str((job / "cwd").readlink()), identity)
    except (OSError, IndexError) as error:
        raise Unreachable("the job has ended") from error


async def begin(wanted: Execute, where: Surroundings) -> "ProcessSession":
    """Raises Unreachable."""
    env = {**where.env, **wanted.env}
    command = wanted.command or SHELL
    try:
        if wanted.terminal is not None:
            return await _on_terminal(command, env, where, wanted.terminal)
        process = await _spawn(command, env, where)
    except OSError as error:
        raise Unreachable(f"nothing can be run beside the job: {error}") from error
    assert process.stdout is not None and process.stderr is not None
    return ProcessSession(
        process, {DATA: _reading(process.stdout), ERRORS: _reading(process.stderr)}, _PipeInput(process)
    )


async def _on_terminal(
    command: tuple[str, ...], env: dict[str, str], where: Surroundings, wanted: Terminal
) -> "ProcessSession":
    master, slave = os.openpty()
    try:
        terminal.resize(slave, wanted.columns, wanted.rows)
        if where.identity:
            os.fchown(slave, where.identity.uid, where.identity.gid)
        process = await _spawn(command, {**env, "TERM": wanted.kind or "xterm"}, where, slave)
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    ours = terminal.Master(master)
    return ProcessSession(process, {DATA: ours.read}, ours)


async def _spawn(
    command: tuple[str, ...], env: dict[str, str], where: Surroundings, terminal: int | None = None
) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    with _told(command, env, where, terminal=terminal is not None) as told:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-E", session.__file__, str(told)),
            env=interpreter_environment(),
            stdin=pipe if terminal is None else terminal,
            stdout=pipe if terminal is None else terminal,
            stderr=pipe if terminal is None else terminal,
            pass_fds=(told,),
            start_new_session=True,
        )


@contextmanager
def _told(
    command: tuple[str, ...], env: dict[str, str], where: Surroundings, *, terminal: bool
) -> Iterator[int]:
    """A descriptor that the program reads what to do from: others may read arguments and environments."""
    who = where.identity
    spec = {
        "argv": [os.fsencode(word) for word in command],
        "env": {os.fsencode(name): os.fsencode(value) for name, value in env.items()},
        "directory": where.directory,
        "terminal": terminal,
        "uid": who.uid if who else None,
        "gid": who.gid if who else None,
        "groups": list(who.groups) if who else [],
    }
    descriptor = os.memfd_create("session", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, marshal.dumps(spec))
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


class _PipeInput:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        self._stdin = process.stdin

    async def write(self, data: bytes) -> None:
        await give(self._stdin, data)

    def end(self) -> None:
        self._stdin.close()

    def resize(self, columns: int, rows: int) -> None:
        """There is no terminal."""

    def close(self) -> None:
        self._stdin.close()


class ProcessSession:
    """A process at the head of a session of its own; `outputs` are read until each is at its end."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        outputs: dict[int, Callable[[], Awaitable[bytes]]],
        input: _PipeInput | terminal.Master,
    ) -> None:
        self._process, self._input = process, input
        self._pieces: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(_AHEAD)
        self._open = len(outputs)
        self._closed = False
        self._pumps = [asyncio.create_task(self._pump(stream, read)) for stream, read in outputs.items()]

    async def read(self) -> tuple[int, bytes]:
        while self._open:
            stream, data = await self._pieces.get()
            if data:
                return stream, data
            self._open -= 1
        return DATA, b""

    async def write(self, data: bytes) -> None:
        await self._input.write(data)

    async def end_input(self) -> None:
        self._input.end()

    async def resize(self, columns: int, rows: int) -> None:
        self._input.resize(columns, rows)

    async def signal(self, name: str) -> None:
        number = getattr(signals, f"SIG{name}", None)
        if isinstance(number, signals.Signals):
            self._tell(number)

    async def exited(self) -> int | None:
        status = await self._process.wait()
        return status if status >= 0 else _SIGNALLED - status

    @property
    def over(self) -> bool:
        """It has ended, and nothing of it is looked at any more."""
        return self._closed and self._process.returncode is not None

    async def close(self) -> None:
        self._closed = True
        self._tell(signals.SIGHUP)
        self._input.close()
        for pump in self._pumps:
            pump.cancel()
        asyncio.get_running_loop().call_later(_GRACE, self.kill)

    def kill(self) -> None:
        """With its job, or some time after whoever ran it has gone."""
        self._tell(signals.SIGKILL)

    def _tell(self, number: signals.Signals) -> None:
        if self._process.returncode is not None and Path(f"/proc/{self._process.pid}").exists():
            return  # its number went to somebody else, so nothing of it is left
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def _pump(self, stream: int, read: Callable[[], Awaitable[bytes]]) -> None:
        data = b"-"
        while data:
            data = await read()
            await self._pieces.put((stream, data))


def _reading(reader: asyncio.StreamReader) -> Callable[[], Awaitable[bytes]]:
    return lambda: reader.read(MOST_BYTES)
