"""By what a job's host clones a repo: by nothing where anyone may, else by a key or a token of the user's."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from runfold.client.git.child import Failed, run
from runfold.client.git.errors import UnusableRepo
from runfold.client.git.hosts import SshHost, ssh_host, unlocked, unlocked_of
from runfold.client.git.urls import GitUrl

PATIENCE = 20.0  #: seconds for a repo's host to answer
#: Whoever looks whether anyone may must not be known by the user's own passwords.
_NOBODY = {
    "GIT_ALLOW_PROTOCOL": "https:http",
    "GIT_ASKPASS": "",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_DIR": os.devnull,
    "HOME": os.devnull,  # .netrc
}
#: It only looks whether a key is known there, and leaves no trace in the user's known hosts.
_SSH = (
    "ssh -i {key} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes "
    "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
)


@dataclass(frozen=True, slots=True)
class Given:
    """What the user names on the command line."""

    identity: Path | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    clone_url: str
    private_key: str | None = field(default=None, repr=False)
    oauth_token: str | None = field(default=None, repr=False)


def access(url: GitUrl, given: Given, environment: Mapping[str, str]) -> Access:
    """What is given is taken at its word; else nothing of the user's is sent that isn't needed. Raises UnusableRepo."""
    if given.identity is not None:
        return _by_key(url, given.identity)
    if given.token is not None:
        return Access(url.web, oauth_token=given.token)
    host = ssh_host(url) if url.scheme == "ssh" else None
    web = replace(url, host=host.name).web if host else url.web
    if _answers(web, _NOBODY):
        return Access(web)
    if token := url.token or _github_token(url, environment):
        return Access(web, oauth_token=token)
    if host is not None and (found := _by_own_key(url, host)) is not None:
        return found
    raise UnusableRepo(
        f"{web} isn't there for everyone, and no key or token of yours opens it: "
        "give --git-identity FILE, or --gh-token TOKEN"
    )


def _by_key(url: GitUrl, identity: Path) -> Access:
    try:
        return Access(ssh_host(url).url(url.path), private_key=unlocked(identity.expanduser()))
    except (Failed, OSError, UnicodeDecodeError) as error:
        raise UnusableRepo(f"{identity}: this is no private key without a passphrase: {error}") from None


def _by_own_key(url: GitUrl, host: SshHost) -> Access | None:
    """The first that is known there."""
    clone_url = host.url(url.path)
    for identity, key in unlocked_of(host):
        command = _SSH.format(key=shlex.quote(str(identity)))
        if _answers(clone_url, {"GIT_SSH_COMMAND": command}):
            return Access(clone_url, private_key=key)
    return None


def _github_token(url: GitUrl, environment: Mapping[str, str]) -> str | None:
    """GH_TOKEN is GitHub's: no other host is told it."""
    return environment.get("GH_TOKEN") or None if url.host == "github.com" else None


def _answers(url: str, environment: Mapping[str, str]) -> bool:
    look = ("git", "-c", "credential.helper=", "ls-remote", "--quiet", "--", url, "HEAD")
    try:
        run(*look, environment=environment, patience=PATIENCE)
    except Failed:
        return False
    return True
