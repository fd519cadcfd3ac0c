"""What somebody runs beside a job by SSH: a shell, a command, SFTP."""

import asyncio
from typing import TypeVar

import asyncssh
from asyncssh import SSHServerProcess

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

LOST = 255  #: as OpenSSH has it for what isn't the command's own doing
T = TypeVar("T")
_ENV = 64  #: variables that a client may send
_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/sftp-server")
_SFTP = (
    f"for each in {' '.join(_SERVERS)} /usr/libexec/openssh/sftp-server; "
    'do [ -x "$each" ] && exec "$each"; done; '
    'echo "runfold: the job has no sftp-server; scp -O does without" >&2; exit 127'
)


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
    input = asyncio.create_task(_input(process, line))
    try:
        status = await _output(process, line)
    except ConnectionError:
        status = None
    finally:
        input.cancel()
        await asyncio.gather(input, return_exceptions=True)
    if status is None:
        return _end(process, "the connection to the job is lost")
    process.exit(status)
    return None


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
