"""What `ssh` on this machine knows of a host: whom and what it stands for, and by which keys it is reached."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runfold.client.git import urls
from runfold.client.git.child import Failed, run
from runfold.client.git.errors import UnusableRepo
from runfold.client.git.urls import GitUrl

PATIENCE = 10.0  #: seconds
USER = "git"  #: whom hosts of repos know; a URL for the web names nobody


@dataclass(frozen=True, slots=True)
class SshHost:
    name: str
    user: str
    port: int
    identities: tuple[Path, ...]  #: most wanted first; whether they are there is not said

    def url(self, path: str) -> str:
        """For those who don't have this machine's configuration."""
        return urls.ssh(self.name, path, user=self.user, port=self.port)


def ssh_host(url: GitUrl) -> SshHost:
    """Of a web URL the host that it is at, too. Raises UnusableRepo."""
    is_ssh = url.scheme == "ssh"
    port = ["-p", str(url.port)] if is_ssh and url.port else []
    user = url.user if is_ssh else USER
    named = ["-l", user] if user else []
    try:
        told = run("ssh", "-G", *port, *named, "--", url.host, patience=PATIENCE).decode(errors="replace")
    except Failed as failure:
        raise UnusableRepo(f"{url.host}: ssh says {failure}") from None
    lines = [line.partition(" ") for line in told.splitlines()]
    known = {key: value for key, _, value in lines}
    identities = tuple(Path(value).expanduser() for key, _, value in lines if key == "identityfile")
    return SshHost(known["hostname"], known["user"], int(known["port"]), identities)


def unlocked(identity: Path) -> str:
    """The private key; raises Failed for one that isn't there, or that a passphrase locks."""
    run("ssh-keygen", "-y", "-P", "", "-f", str(identity), patience=PATIENCE)
    return identity.read_text()


def unlocked_of(host: SshHost) -> Iterator[tuple[Path, str]]:
    for identity in host.identities:
        try:
            yield identity, unlocked(identity)
        except Failed:
            continue
