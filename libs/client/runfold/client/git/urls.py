"""Where a repo is: `https://host/path`, `ssh://user@host:port/path`, or `user@host:path` as `scp` has it."""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

from runfold.client.git.errors import UnusableRepo

SCHEMES = ("https", "http", "ssh")
_SCP = re.compile(
    r"(?:(?P<user>[^@/:]+)@)?(?P<host>[^@/:]+):(?P<path>[^:].*)"
)  #: `::` would be a helper of Git's


@dataclass(frozen=True, slots=True)
class GitUrl:
    """Apart from `token` it can be shown: a URL's own password is no part of what is cloned."""

    scheme: str
    host: str
    path: str  #: as it stands behind the host: of `scp`'s form without a slash before it
    port: int | None = None
    user: str | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self._clean.rpartition("/")[2] or "repo"

    @property
    def id(self) -> str:
        """The same for each way to the same repo."""
        return f"{self.name[:50]}-{sha256(f'{self.host}/{self._clean}'.encode()).hexdigest()[:12]}"

    @property
    def web(self) -> str:
        """By HTTPS, unless it is by HTTP anyway; its port is SSH's where that is its scheme."""
        is_ssh = self.scheme == "ssh"
        port = "" if is_ssh or self.port is None else f":{self.port}"
        return f"{'https' if is_ssh else self.scheme}://{self.host}{port}/{self.path.lstrip('/')}"

    @property
    def _clean(self) -> str:
        return self.path.strip("/").removesuffix(".git")


def parse(text: str) -> GitUrl:
    """Raises UnusableRepo for what a job's host can't clone, such as a path of this machine."""
    found = _of_scheme(text) if "://" in text else _of_scp(text)
    if found is None or found.host.startswith("-"):
        shown = re.sub(r"//[^/@]*@", "//", text)
        raise UnusableRepo(f"{shown}: a repo that jobs can clone is at https://…, ssh://… or user@host:path")
    return found


def _of_scp(text: str) -> GitUrl | None:
    found = _SCP.fullmatch(text)
    return GitUrl("ssh", found["host"].lower(), found["path"], user=found["user"]) if found else None


def _of_scheme(text: str) -> GitUrl | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in SCHEMES or not parts.hostname or not parts.path.strip("/"):
        return None
    user = unquote(parts.username) if parts.username else None
    if parts.scheme == "ssh":
        return GitUrl("ssh", parts.hostname, parts.path, port, user)
    password = unquote(parts.password) if parts.password else None
    return GitUrl(parts.scheme, parts.hostname, parts.path, port, token=password or user)


def ssh(host: str, path: str, *, user: str, port: int) -> str:
    """`path` without a slash before it is below the user's home, which only `scp`'s form can say."""
    if port == 22 and not path.startswith("/"):
        return f"{user}@{host}:{path}"
    at = "" if port == 22 else f":{port}"
    return f"ssh://{quote(user)}@{host}{at}/{path.lstrip('/')}"
