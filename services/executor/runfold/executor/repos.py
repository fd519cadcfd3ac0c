"""Repos of jobs, cloned by this host's Git into an archive."""

import asyncio
import base64
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from runfold.contracts.executor import Assignment
from runfold.contracts.values import Repo
from runfold.executor.giving import give
from runfold.executor.runtime import StartFailed

PATIENCE = 600.0  #: seconds for all of it
TOLD = 2000  #: characters of what Git says that a user is shown
#: Nothing of this host: a path or a helper of Git's would be this one's, not the job's.
_PROTOCOLS = "https:http:ssh:git"
#: With nothing of this host's: not its keys, nor its configuration, nor its agent.
_SSH = (
    "ssh -F /dev/null -i {key} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes "
    "-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile={hosts}"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """By what it is cloned; never in an argument, which others may read."""

    private_key: str | None = None
    oauth_token: str | None = None

    @classmethod
    def of(cls, assignment: Assignment) -> "Credentials":
        return cls(assignment.repo_private_key, assignment.repo_oauth_token)

    def environment(self, directory: Path) -> dict[str, str]:
        """For Git; a key lies in `directory` meanwhile."""
        key = directory / "key"
        if self.private_key is not None:
            with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(self.private_key.rstrip() + "\n")
        ssh = {"GIT_SSH_COMMAND": _SSH.format(key=key, hosts=directory / "known_hosts")}
        if self.oauth_token is None:
            return ssh
        basic = base64.b64encode(f"oauth2:{self.oauth_token}".encode()).decode()
        return {
            **ssh,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }


def refusal(repo: Repo | None) -> str | None:
    return "repos: there is no git on this host" if repo is not None and shutil.which("git") is None else None


async def clone(repo: Repo, patch: bytes | None, credentials: Credentials) -> BinaryIO:
    """A tar archive whose top entry is the work tree, changes applied. Raises StartFailed."""
    directory = Path(tempfile.mkdtemp(prefix="runfold-repo-"))
    try:
        async with asyncio.timeout(PATIENCE):
            return await _Clone(repo, directory, credentials).archive(patch)
    except TimeoutError:
        raise StartFailed("executor_error", f"{repo.url} isn't cloned within {PATIENCE:g} s") from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class _Clone:
    def __init__(self, repo: Repo, directory: Path, credentials: Credentials) -> None:
        self._repo, self._tree = repo, directory / "repo"
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(directory),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": _PROTOCOLS,
            **credentials.environment(directory),
        }

    async def archive(self, patch: bytes | None) -> BinaryIO:
        """Raises StartFailed."""
        repo = self._repo
        branch = ["--branch", repo.branch] if repo.branch else []
        single = ["--single-branch"] if repo.single_branch else []
        await self._git(
            "clone", "--quiet", "--template=", *single, *branch, "--", repo.url, str(self._tree), where=None
        )
        if repo.commit is not None:
            await self._check_out(repo.commit)
        for name, value in (("user.name", repo.user_name), ("user.email", repo.user_email)):
            if value:
                await self._git("config", name, value)
        if patch:
            await self._git("apply", "--whitespace=nowarn", given=patch)
        return await self._packed()

    async def _check_out(self, commit: str) -> None:
        """On its branch where that is known, so that one can go on from there."""
        on = ["-B", self._repo.branch] if self._repo.branch else ["--detach"]
        await self._git("checkout", "--quiet", *on, commit)

    async def _packed(self) -> BinaryIO:
        """By a program of its own: a large work tree takes a while."""
        whole = tempfile.TemporaryFile()  # noqa: SIM115 - whoever gets it closes it
        try:
            await self._run("tar", "-C", str(self._tree.parent), "-cf", "-", "repo", into=whole)
        except BaseException:
            whole.close()
            raise
        whole.seek(0)
        return whole

    async def _git(self, *arguments: str, given: bytes = b"", where: str | None = "") -> None:
        """Raises StartFailed with what Git says."""
        inside = [] if where is None else ["-C", str(self._tree)]
        await self._run("git", *inside, *arguments, given=given)

    async def _run(
        self, *command: str, given: bytes = b"", into: BinaryIO | int = asyncio.subprocess.DEVNULL
    ) -> None:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=into,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # with helpers of its own, which end with it
        )
        assert process.stdin is not None and process.stderr is not None
        try:
            _, said = await asyncio.gather(_give(process.stdin, given), _last_of(process.stderr))
            status = await process.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        if status:
            told = said.decode(errors="replace").strip()
            raise StartFailed("executor_error", f"{' '.join(command[:1])}: {told}")


async def _give(to: asyncio.StreamWriter, data: bytes) -> None:
    await give(to, data)
    to.close()


async def _last_of(stream: asyncio.StreamReader) -> bytes:
    """What it ends with, however much a server on the other side has to say."""
    last = b""
    while data := await stream.read(65536):
        last = (last + data)[-TOLD:]
    return last
