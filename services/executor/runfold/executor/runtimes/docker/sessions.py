"""What people run beside a container's job: the engine's exec, over a connection that it hands over."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from runfold.contracts.connection import DATA, ERRORS, MOST_BYTES, Execute
from runfold.executor.giving import give
from runfold.executor.runtime import RuntimeUnavailable, Unreachable
from runfold.executor.runtimes.docker.engine import Engine
from runfold.executor.runtimes.shell import SHELL

#: Marks the processes of one session, since the engine tells nobody's number inside of the container.
MARK = "RUNFOLD_SESSION"
_SIGNAL = (
    "for each in /proc/[0-9]*; do "
    f'grep -qs "{MARK}=$1" "$each/environ" && kill -"$0" "${{each#/proc/}}" 2>/dev/null; done'
)
_HEAD, _STDERR = (
    8,
    2,
)  #: of a frame where there is no terminal: its first bytes, and the number of standard error
#: The engine says how something ended a moment after its output did: seconds between looks, and looks.
_PAUSE, _LOOKS = 0.02, 100
_PATIENCE = 30.0  #: seconds for the engine to hand a connection over
_KILLED = 137  #: of what ended with its container, which nobody can be asked about any more


async def begin(engine: Engine, container: str, wanted: Execute) -> "DockerSession":
    """Raises Unreachable, RuntimeUnavailable."""
    from docker.errors import APIError

    mark, terminal = uuid4().hex, wanted.terminal
    env = {**wanted.env, MARK: mark, **({"TERM": terminal.kind or "xterm"} if terminal else {})}
    try:
        made = await engine.call(
            lambda client: client.api.exec_create(
                container,
                list(wanted.command or SHELL),
                stdin=True,
                tty=terminal is not None,
                environment=env,
            )
        )
    except APIError as error:
        raise Unreachable(str(error.explanation or error)) from error
    reader, writer = await _take_over(engine.url, made["Id"], terminal is not None)
    session = DockerSession(engine, container, made["Id"], mark, terminal is not None, reader, writer)
    if terminal is not None:
        await session.resize(terminal.columns, terminal.rows)
    return session


class DockerSession:
    """An exec that runs."""

    def __init__(
        self,
        engine: Engine,
        container: str,
        exec_id: str,
        mark: str,
        terminal: bool,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._engine, self._container, self._id, self._mark = engine, container, exec_id, mark
        self._terminal, self._reader, self._writer = terminal, reader, writer
        self._left, self._stream = 0, DATA  #: bytes of the frame that is being read, and whose they are

    async def read(self) -> tuple[int, bytes]:
        try:
            if self._terminal:
                return DATA, await self._reader.read(MOST_BYTES)
            while not self._left:
                head = await self._reader.readexactly(_HEAD)
                self._stream = ERRORS if head[0] == _STDERR else DATA
                self._left = int.from_bytes(head[4:])
            data = await self._reader.read(min(self._left, MOST_BYTES))
        except (asyncio.IncompleteReadError, ConnectionError):
            return DATA, b""
        self._left -= len(data)
        return self._stream, data

    async def write(self, data: bytes) -> None:
        await give(self._writer, data)

    async def end_input(self) -> None:
        with suppress(OSError, RuntimeError):
            self._writer.write_eof()

    async def resize(self, columns: int, rows: int) -> None:
        from docker.errors import APIError

        if self._terminal:
            with suppress(APIError):  # it has ended
                await self._engine.call(lambda client: client.api.exec_resize(self._id, rows, columns))

    async def signal(self, name: str) -> None:
        """Where the image has no shell and no grep, nothing is told."""
        from docker.errors import APIError

        with suppress(APIError, RuntimeUnavailable):  # its container has ended
            await self._engine.call(lambda client: self._signal(client, name))

    async def exited(self) -> int | None:
        from docker.errors import APIError

        for _ in range(_LOOKS):
            try:
                found = await self._engine.call(lambda client: client.api.exec_inspect(self._id))
            except (APIError, RuntimeUnavailable):
                break
            if not found["Running"] and found["ExitCode"] is not None:
                return int(found["ExitCode"])
            await asyncio.sleep(_PAUSE)
        return _KILLED

    async def close(self) -> None:
        self._writer.close()
        await self.signal("HUP")

    def _signal(self, client: Any, name: str) -> None:
        command = ["sh", "-c", _SIGNAL, name, self._mark]
        made = client.api.exec_create(self._container, command, stdout=False, stderr=False)
        client.api.exec_start(made["Id"], detach=True)


async def _take_over(
    url: str, exec_id: str, terminal: bool
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The connection on which an exec was started, from its first byte on.

    Not the SDK's: that one may have read the first bytes along with the answer's head, and has lost them then.
    """
    body = json.dumps({"Detach": False, "Tty": terminal}).encode()
    request = (
        f"POST /exec/{exec_id}/start HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\n"
        f"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await _connect(url)
    except (OSError, TimeoutError) as error:
        raise RuntimeUnavailable(f"the container engine doesn't answer: {error}") from error
    try:
        async with asyncio.timeout(_PATIENCE):
            writer.write(request.encode() + body)
            _check(await reader.readuntil(b"\r\n\r\n"))
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        writer.close()
        raise RuntimeUnavailable(f"the container engine doesn't answer: {error}") from error
    except BaseException:
        writer.close()
        raise
    return reader, writer


def _check(head: bytes) -> None:
    """Of the answer that the connection begins with; raises Unreachable."""
    status = head.split(b" ", 2)[1]
    if status not in (b"101", b"200"):
        raise Unreachable(f"the container engine refuses it ({status.decode(errors='replace')})")


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Raises OSError, Unreachable."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(parts.path)
    if parts.scheme in ("tcp", "http") and parts.hostname and parts.port:
        return await asyncio.open_connection(parts.hostname, parts.port)
    raise Unreachable(f"nobody gets into containers of an engine at {url}")
