"""The SSH front door as a part of the gateway: whether it listens, and where clients find it."""

import errno
import socket

import asyncssh

from runfold.contracts.envelope import Commit
from runfold.gateway.settings import GatewaySettings
from runfold.gateway.ssh.address import SshAddress
from runfold.gateway.ssh.door import House, SshDoor
from runfold.service.logging import get_logger

PORT = 3022
_ANY = ("", "0.0.0.0", "::")

_log = get_logger("runfold.gateway.ssh")


class CannotListenForSsh(OSError):
    """The port can't be had; the text names the setting to change."""


class FrontDoor:
    """Listens for as long as it is started, unless it is turned off."""

    def __init__(self, settings: GatewaySettings, house: House, host_key: str) -> None:
        self._settings, self._house, self._host_key = settings, house, host_key
        self._door: SshDoor | None = None
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self.address: SshAddress | None = None

    async def start(self) -> None:
        """Raises CannotListenForSsh for a port that was asked for; the usual one it does without."""
        wanted = self._settings.ssh_port
        if wanted == "off":
            return
        asyncssh.set_log_level("WARNING")
        door = SshDoor(self._house, self._host_key)
        try:
            self._acceptor = await door.listen(self._settings.host, PORT if wanted is None else wanted)
        except OSError as error:
            where = f"{self._settings.host}:{PORT if wanted is None else wanted}"
            if wanted is None and error.errno == errno.EADDRINUSE:
                _log.warning("no SSH: its port is taken", address=where, setting="RUNFOLD_SSH_PORT")
                return
            raise CannotListenForSsh(
                f"cannot listen for SSH on {where}, {(error.strerror or str(error)).lower()}: give another "
                "--ssh-port (RUNFOLD_SSH_PORT), or off"
            ) from error
        self._door = door
        self.address = self._told(self._acceptor.get_port())

    def changed(self, commit: Commit | None) -> None:
        """Grants may have gone."""
        if self._door is not None:
            self._door.changed(commit)

    async def stop(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
        if self._door is not None:
            await self._door.close()

    def _told(self, port: int) -> SshAddress:
        given = self._settings.ssh_address
        if given is not None:
            host, _, told = given.rpartition(":")
            return SshAddress(host, int(told))
        host = self._settings.host
        return SshAddress(socket.gethostname() if host in _ANY else host, port)
