"""What somebody runs beside a job by SSH: a shell, a command, SFTP."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncssh
from asyncssh import SSHReader, SSHServerProcess, SSHWriter
from asyncssh.constants import EXTENDED_DATA_STDERR

from runfold.contracts.connection import (
    DATA,
    ERRORS,
    MOST_BYTES,
    Ended,
    Execute,
    Exited,
    Resized,
    Signalled,
    Terminal,
)
from runfold.gateway.connections.reach import Reach, Unreachable
from runfold.service.line import Line
from runfold.service.logging import get_logger

_log = get_logger("runfold.gateway.ssh")

LOST = 255  #: as OpenSSH has it for what isn't the command's own doing
_ENV = 64  #: variables that a client may send
_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/sftp-server")
_SFTP = (
    f"for each in {' '.join(_SERVERS)} /usr/libexec/openssh/sftp-server; "
    'do [ -x "$each" ] && exec "$each"; done; '
    'echo "runfold: the job has no sftp-server; scp -O does without" >&2; exit 127'
)


class Session(SSHServerProcess[bytes]):
    """As asyncssh has it, but that SFTP isn't of this host's files: a program in the job serves it."""

    def __init__(self, serve: Callable[[SSHServerProcess[bytes]], Awaitable[None]]) -> None:
        super().__init__(serve, None, 0, False)

    def subsystem_requested(self, subsystem: str) -> bool:
        return True

    def session_started(self) -> None:
        channel = self._chan
        assert channel is not None
        errors = SSHWriter[bytes](self, channel, EXTENDED_DATA_STDERR)
        serving = self._start_process(
            SSHReader[bytes](self, channel), SSHWriter[bytes](self, channel), errors
        )
        assert serving is not None and self._conn is not None
        self._conn.create_task(serving)


async def serve(process: SSHServerProcess[bytes], attempt_id: str, reach: Reach) -> None:
    """To its end. Never raises but for cancellation: whoever came is told by the session itself."""
    wanted = _wanted(process)
    if wanted is None:
        return _end(process, f"there is no subsystem {process.subsystem}")
    try:
        line = await reach.open(attempt_id, wanted)
    except Unreachable as error:
        return _end(process, str(error))
    try:
        await _carry(process, line)
    finally:
        await line.close()


def _wanted(process: SSHServerProcess[bytes]) -> Execute | None:
    env = dict(list(process.env.items())[:_ENV])
    if process.subsystem:
        return Execute(("sh", "-c", _SFTP), env) if process.subsystem == "sftp" else None
    columns, rows, *_ = process.term_size
    terminal = Terminal(process.term_type, columns, rows) if process.term_type else None
    return Execute(("sh", "-c", process.command) if process.command else (), env, terminal)


async def _carry(process: SSHServerProcess[bytes], line: Line) -> None:
    """Until what runs has ended, or nobody is there any more: the end of the input alone is neither."""
    output, input = asyncio.create_task(_output(process, line)), asyncio.create_task(_input(process, line))
    gone = asyncio.create_task(process.wait_closed())
    try:
        await asyncio.wait((output, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (output, input, gone):
            task.cancel()
        ended, *_ = await asyncio.gather(output, input, gone, return_exceptions=True)
    if isinstance(ended, int):
        return process.exit(ended)
    if isinstance(ended, Exception) and not isinstance(ended, ConnectionError | asyncssh.Error):
        _log.error("a session failed", exc_info=ended)
    return _end(process, "the connection to the job is lost")


async def _output(process: SSHServerProcess[bytes], line: Line) -> int | None:
    """The status; None where the line ended without."""
    while (heard := await line.hear()) is not None:
        match heard:
            case (stream, data):
                writer = process.stderr if stream == ERRORS else process.stdout
                writer.write(data)
                await writer.drain()
            case Exited(status):
                return status
            case _:
                return None
    return None


async def _input(process: SSHServerProcess[bytes], line: Line) -> None:
    """To its end. Where it fails the line ends, and the output with it: nobody goes on deaf."""
    try:
        await _given(process, line)
    except (ConnectionError, asyncssh.Error):
        await line.close()
    except Exception:
        _log.exception("a session's input failed")
        await line.close()


async def _given(process: SSHServerProcess[bytes], line: Line) -> None:
    while True:
        try:
            data = await process.stdin.read(MOST_BYTES)
        except asyncssh.TerminalSizeChanged as changed:
            await line.say(Resized(changed.width, changed.height))
        except asyncssh.BreakReceived:
            await line.say(Signalled("INT"))
        except asyncssh.SignalReceived as received:
            await line.say(Signalled(received.signal))
        else:
            if not data:
                return await line.say(Ended())
            await line.send(DATA, data)


def _end(process: SSHServerProcess[bytes], why: str) -> None:
    process.stderr.write(f"runfold: {why}\r\n".encode())
    process.exit(LOST)
