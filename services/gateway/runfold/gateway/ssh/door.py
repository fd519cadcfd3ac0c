"""The SSH server: who comes in by which name and key, and what they may do there.

The login name is an attempt's id; the port of each job's host, as dstack's clients know it, lies behind that login: a
second SSH connection, through the first, of which any login name is the job's user.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncssh
from asyncssh.stream import SSHReader, SSHTCPStreamSession, SSHWriter

from runfold.contracts.connection import DATA, MOST_BYTES, Dial, Ended
from runfold.contracts.envelope import Commit
from runfold.domain.cell.state import Cell
from runfold.domain.run.state import Run
from runfold.eventlog.port import EventLogError
from runfold.gateway.connections.reach import Reach, Unreachable
from runfold.gateway.readmodels.past import Past
from runfold.gateway.ssh import output, shell
from runfold.gateway.ssh.access import opens
from runfold.gateway.ssh.address import HOST
from runfold.gateway.ssh.output import OutputPort
from runfold.gateway.ssh.pump import join
from runfold.service.line import Line
from runfold.service.logging import get_logger
from runfold.service.metrics import METRICS

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LOGIN = 30.0  #: seconds for a login
_ALIVE = 30.0  #: seconds between questions whether the other end is there; three without an answer end it
MOST = 1024  #: connections at once, those within others included

_log = get_logger("runfold.gateway.ssh")


@dataclass(frozen=True, slots=True)
class House:
    """What lies behind the door."""

    cell: Callable[[], Cell]
    past: Past
    reach: Reach
    output: OutputPort
    own_key: Callable[[Run], str | None]


class SshDoor:
    """Serves connections, those of the port and those within others alike."""

    def __init__(self, house: House, host_key: str) -> None:
        """`host_key` as OpenSSH keeps private keys."""
        self._house = house
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._options: dict[str, Any] = {
            "server_host_keys": [asyncssh.import_private_key(host_key)],
            "encoding": None,
            "line_editor": False,
            "allow_scp": False,
            "agent_forwarding": False,
            "x11_forwarding": False,
            "compression_algs": None,
            "login_timeout": _LOGIN,
            "keepalive_interval": _ALIVE,
            "server_version": "Runfold",
        }
        METRICS.gauge("runfold_ssh_connections", "SSH connections.", lambda: len(self._connections))

    async def listen(self, host: str, port: int) -> asyncssh.SSHAcceptor:
        """Raises OSError."""
        return await asyncssh.listen(host, port, server_factory=partial(_Visitor, self), **self._options)

    async def within(self, attempt_id: str, reader: SSHReader[bytes], writer: SSHWriter[bytes]) -> None:
        """A connection within another one, to the host of a job: for as long as it lasts."""
        ours, theirs = socket.socketpair()
        serving = asyncio.ensure_future(self._accept(theirs, attempt_id))
        try:
            await join(reader, writer, *await asyncio.open_unix_connection(sock=ours))
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    def changed(self, commit: Commit | None) -> None:
        """Whoever may no longer be here goes: when a grant, a key or a user went, or a project."""
        if not self._connections:
            return
        about = {envelope.stream.partition(":")[0] for envelope in commit.events} if commit else {"user"}
        if about & {"user", "grant", "project", "cell"}:
            for connection in tuple(self._connections):
                visitor = connection.get_owner()
                if isinstance(visitor, _Visitor) and visitor.came_in and not visitor.is_let_in():
                    _log.info("shown out", attempt=visitor.attempt_id)
                    connection.abort()

    async def close(self) -> None:
        for connection in tuple(self._connections):
            connection.abort()

    async def _accept(self, theirs: socket.socket, attempt_id: str) -> None:
        connection = await asyncssh.run_server(
            theirs, server_factory=partial(_Visitor, self, attempt_id), **self._options
        )
        try:
            await connection.wait_closed()
        finally:
            connection.abort()


class _Visitor(asyncssh.SSHServer):
    """One connection. `attempt_id` is known beforehand of those within others."""

    def __init__(self, door: SshDoor, attempt_id: str = "") -> None:
        self._door, self._house = door, door._house
        self.attempt_id = attempt_id
        self._run: Run | None = None
        self._key: str | None = None
        self.came_in = False

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        if len(self._door._connections) >= MOST:
            _log.warning("an SSH connection is refused", most=MOST)
            conn.abort()
            return
        self._door._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door._connections.discard(self._connection)

    async def begin_auth(self, username: str) -> bool:
        self.attempt_id = self.attempt_id or username
        try:
            self._run = await self._house.past.of_attempt(self.attempt_id)
        except EventLogError:
            _log.warning("nobody can be let in: rows of runs don't answer")
        return True

    def auth_completed(self) -> None:
        self.came_in = True
        _log.info("let in", attempt=self.attempt_id, user=self._connection.get_extra_info("username"))

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._key = key.export_public_key("openssh").decode()
        return self.is_let_in()

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        return shell.Session(self._serve)

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Awaitable[asyncssh.SSHTCPSession[bytes]]:
        return self._connect(dest_host, dest_port)

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        if self.is_let_in():
            await shell.serve(process, self.attempt_id, self._house.reach)
        else:
            process.exit(shell.LOST)

    async def _connect(self, host: str, port: int) -> asyncssh.SSHTCPSession[bytes]:
        """Raises ChannelOpenError."""
        if not self.is_let_in():
            raise _refused("you may not reach this job any more")
        if host == HOST + self.attempt_id:
            return SSHTCPStreamSession(partial(self._door.within, self.attempt_id))
        if host not in _LOOPBACK:
            raise _refused("only ports of the job itself are reached from here")
        if port == output.PORT:
            return SSHTCPStreamSession(self._show_output)
        try:
            line = await self._house.reach.open(self.attempt_id, Dial(port))
        except Unreachable as error:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, str(error)) from error
        return SSHTCPStreamSession(partial(_forward, line))

    async def _show_output(self, reader: SSHReader[bytes], writer: SSHWriter[bytes]) -> None:
        await join(reader, writer, *await self._house.output.connect(self.attempt_id))

    def is_let_in(self) -> bool:
        """At this moment: grants come and go."""
        run, cell = self._run, self._house.cell()
        if run is None or self._key is None:
            return False
        return opens(self._key, run, self._house.own_key(run), cell)


async def _forward(line: Line, reader: SSHReader[bytes], writer: SSHWriter[bytes]) -> None:
    """Both ways, until both have ended or one end is gone."""

    async def there() -> None:
        while data := await reader.read(MOST_BYTES):
            await line.send(DATA, data)
        await line.say(Ended())

    async def back() -> None:
        while isinstance(heard := await line.hear(), tuple):
            writer.write(heard[1])
            await writer.drain()
        if isinstance(heard, Ended):
            writer.write_eof()
            await going

    going, coming = asyncio.create_task(there()), asyncio.create_task(back())
    gone = asyncio.create_task(writer.wait_closed())
    try:
        await asyncio.wait((coming, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (going, coming, gone):
            task.cancel()
        for ended in await asyncio.gather(going, coming, gone, return_exceptions=True):
            if isinstance(ended, Exception) and not isinstance(ended, ConnectionError | asyncssh.Error):
                _log.error("a forwarded connection failed", exc_info=ended)
        writer.close()
        await line.close()


def _refused(why: str) -> asyncssh.ChannelOpenError:
    return asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, why)
