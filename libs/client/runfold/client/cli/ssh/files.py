"""`~/.runfold/ssh`: the user's key, and the runs that one is attached to as hosts that `ssh` knows by name."""

import os
import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

DIRECTORY = Path("~/.runfold/ssh")
OWN = Path("~/.ssh/config")
_SHARED = ("IdentitiesOnly yes", "LogLevel ERROR", "ServerAliveInterval 20")
#: Its key stays the same: who is met there first is known from then on.
_DOOR = ("StrictHostKeyChecking accept-new",)
#: A job's host is new each time, and reached through the door alone.
_JOB = ("StrictHostKeyChecking no", "UserKnownHostsFile /dev/null")


@dataclass(frozen=True, slots=True)
class Host:
    """A job behind the server's front door."""

    name: str
    hostname: str
    port: int
    user: str
    door_hostname: str
    door_port: int
    door_user: str
    identity: Path

    def entry(self, known: Path) -> str:
        """As `ssh_config` has it; what a server says of itself can't end a line there."""
        told = (self.name, self.hostname, self.user, self.door_hostname, self.door_user)
        if any(re.fullmatch(r"[A-Za-z0-9._:-]+", each) is None for each in told):
            raise ValueError(f"the server tells of a host that ssh can't know: {told}")
        shared = (f'IdentityFile "{self.identity}"', *_SHARED)
        door = _lines(*shared, *_DOOR, f'UserKnownHostsFile "{known}"')
        return (
            f"Host {self.name}-door\n    HostName {self.door_hostname}\n    Port {self.door_port}\n"
            f"    User {self.door_user}\n{door}"
            f"Host {self.name}\n    HostName {self.hostname}\n    Port {self.port}\n    User {self.user}\n"
            f"    ProxyJump {self.name}-door\n{_lines(*shared, *_JOB)}"
        )


@dataclass(slots=True)
class SshFiles:
    """Each who attaches has a file of its own for each run, so that nobody takes away another one's."""

    directory: Path = field(default_factory=lambda: DIRECTORY.expanduser())
    own: Path = field(default_factory=lambda: OWN.expanduser())

    def key(self, private: str) -> Path:
        """Where it is now, readable by its owner alone."""
        name = sha256(private.encode()).hexdigest()[:8]
        return _written(self.directory / f"key-{name}", private)

    def config(self, name: str) -> Path:
        return self.directory / "hosts" / f"{name}.{os.getpid()}.conf"

    def add(self, host: Host) -> Path:
        """The configuration that knows it; `ssh NAME` does from now on."""
        self._include()
        return _written(self.config(host.name), host.entry(self.directory / "known_hosts"))

    def remove(self, name: str) -> None:
        self.config(name).unlink(missing_ok=True)

    def _include(self) -> None:
        """At the head of the user's own configuration: further down it would belong to whatever host is above."""
        line = f"Include {self.directory}/hosts/*.conf\n"
        text = self.own.read_text(encoding="utf-8") if self.own.exists() else ""
        if line not in text:
            _written(self.own, line + text)


def _lines(*options: str) -> str:
    return "".join(f"    {each}\n" for each in options)


def _written(path: Path, text: str) -> Path:
    """All of it or nothing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.new")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)
    return path
