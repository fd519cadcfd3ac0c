"""Ports of a running job on this machine, and its name for `ssh`, for as long as one is attached to it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runfold.client.asynchronous import AsyncClient
from runfold.client.cli.ssh.files import Host, SshFiles
from runfold.client.cli.ssh.ports import Forward, forwards
from runfold.client.cli.ssh.reach import Reach
from runfold.client.models.runs import JobSubmission, Run

FIRST, MOST = 0.5, 10.0  #: seconds before a connection that was lost is tried again
_NO_SSH = "This server has no SSH front door: no ports are forwarded"


class NoSsh(Exception):
    """This machine has none."""


class Tunnel:
    """Follows a run: opened when its job runs, again for its next attempt, closed when it doesn't run."""

    def __init__(
        self,
        client: AsyncClient,
        *,
        job: tuple[int, int] = (0, 0),
        reach: Reach,
        say: Callable[[str], None],
        files: SshFiles | None = None,
    ) -> None:
        self._client, self._job, self._reach, self._say = client, job, reach, say
        self._files = files or SshFiles()
        self._name = ""
        self._attempt: str | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def adapt(self, run: Run) -> None:
        job = run.job(*self._job)
        latest = job.latest if job else None
        if latest is None or latest.status != "running":
            return await self.close()
        if latest.id != self._attempt:
            await self.close()
            await self._open(run, latest)
        return None

    async def close(self) -> None:
        self._attempt = None
        if self._keeping is not None:
            keeping, self._keeping = self._keeping, None
            keeping.cancel()
            await asyncio.wait([keeping])
        if self._name:
            self._files.remove(self._name)
            self._name = ""

    async def _open(self, run: Run, latest: JobSubmission) -> None:
        self._attempt = latest.id
        data, job = latest.job_provisioning_data, run.job(*self._job)
        assert job is not None
        if data is None or data.ssh_proxy is None or data.hostname is None or data.ssh_port is None:
            return self._say(_NO_SSH)
        proxy = data.ssh_proxy
        self._name = run.name
        config = self._files.add(
            Host(
                name=run.name,
                hostname=data.hostname,
                port=data.ssh_port,
                user=data.username,
                door_hostname=proxy.hostname,
                door_port=proxy.port,
                door_user=proxy.username,
                identity=self._reach.identity or await self._own_key(),
            )
        )
        wanted = forwards(job, self._reach.ports)
        if wanted or self._reach.hints:
            self._say(_told(run.name, wanted, self._reach.host))
        if wanted:
            self._keeping = asyncio.create_task(self._keep(config, run.name, wanted))
        return None

    async def _own_key(self) -> Path:
        return self._files.key((await self._client.projects.me()).ssh_private_key or "")

    async def _keep(self, config: Path, name: str, wanted: list[Forward]) -> None:
        """Until it is cancelled; a connection that is lost is made again."""
        pause = FIRST
        while True:
            began = asyncio.get_running_loop().time()
            try:
                said = await _ssh(config, name, wanted, self._reach.host)
            except NoSsh:
                return self._say("No ports are forwarded: there is no `ssh` on this machine")
            if "in use" in said or "Permission denied" in said:
                return self._say(f"No ports are forwarded: {said}")
            pause = FIRST if asyncio.get_running_loop().time() - began > MOST else min(MOST, pause * 2)
            self._say(f"Ports are not forwarded at the moment: {said or 'the connection is lost'}")
            await asyncio.sleep(pause)


async def _ssh(config: Path, name: str, wanted: list[Forward], host: str) -> str:
    """What it said at its end, in one line."""
    forward = [part for each in wanted for part in ("-L", f"{host}:{each.local}:localhost:{each.remote}")]
    options = ("-o", "ExitOnForwardFailure=yes", "-o", "BatchMode=yes")
    try:
        process = await asyncio.create_subprocess_exec(
            *("ssh", "-F", str(config), "-N", *options, *forward, name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # so that Ctrl-C is for us alone
        )
    except FileNotFoundError:
        raise NoSsh from None
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        raise
    return " ".join(said.decode(errors="replace").split())


def _told(name: str, wanted: list[Forward], host: str) -> str:
    ports = ", ".join(f"{host}:{each.local} is its port {each.remote}" for each in wanted)
    shell = f"`ssh {name}` opens a shell in it"
    return f"{ports}; {shell}" if ports else shell
