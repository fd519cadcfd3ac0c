"""One host for each kind of runtime, and what its jobs' commands look like there."""

import asyncio
import fcntl
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from runfold.contracts.executor import Assignment
from runfold.contracts.values import JobSpec, PullProgress
from runfold.executor.adapters.linux_host import LinuxHost
from runfold.executor.lease import Lease, Leash
from runfold.executor.runtime import Ended, Runtime, Started
from runfold.executor.runtimes.docker import DockerRuntime
from runfold.executor.runtimes.memory import MemoryEngine, MemoryRuntime
from runfold.executor.runtimes.process import ProcessRuntime

Make = Callable[[Path, int, Leash | None], Runtime]


class Rig(Protocol):
    """A host. Each `runtime()` is another executor's hold on it; `deaf` begins a script that ignores TERM."""

    image: str | None
    deaf: str

    def runtime(self) -> Runtime: ...

    async def close(self) -> None: ...


class MemoryRig:
    image = None
    deaf = "deaf"

    def __init__(self) -> None:
        self._now = 0
        self._engine = MemoryEngine(self._tick)

    def runtime(self) -> Runtime:
        return MemoryRuntime(self._engine)

    async def close(self) -> None:
        """Nothing outlives the test."""

    def _tick(self) -> int:
        self._now += 1
        return self._now


class RealRig:
    """`make` makes a runtime of a directory, a limit of output and a leash; what runs is removed at the end."""

    deaf = "trap '' TERM"

    def __init__(self, image: str | None, directory: Path, make: Make) -> None:
        self.image = image
        self.heartbeat = directory.parent / "heartbeat"
        self.watchdog = directory.parent / "watchdog.lock"
        self.host = LinuxHost(directory.parent, self.heartbeat)
        self.directory = directory
        self.limit = 64 * 1024 * 1024
        self._make = make
        self._made: list[Runtime] = []

    def runtime(self) -> Runtime:
        leash = Leash(self.heartbeat, Lease(self.host).holds)
        self._made.append(self._make(self.directory, self.limit, leash))
        return self._made[-1]

    async def close(self) -> None:
        attempts = [path.name for path in self.directory.iterdir()] if self.directory.exists() else []
        cleaner = self._make(self.directory, self.limit, None)
        await asyncio.gather(*(cleaner.remove(attempt_id) for attempt_id in attempts))
        for runtime in (*self._made, cleaner):
            await runtime.close()
        if self.watchdog.exists():
            # It sees that it has nothing to stop, as long as the engine is there.
            self.host.beat(1)
            await asyncio.to_thread(self.wait_until_watchdog_ended)
        shutil.rmtree(self.directory, ignore_errors=True)

    def wait_until_watchdog_ended(self) -> None:
        """It holds the lock as long as it lives."""
        with self.watchdog.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)


def process_rig(directory: Path) -> RealRig:
    def make(path: Path, limit: int, leash: Leash | None) -> Runtime:
        return ProcessRuntime(path, output_limit=limit, leash=leash)

    return RealRig(None, directory, make)


def docker_rig(directory: Path, url: str, image: str) -> RealRig:
    def make(path: Path, limit: int, leash: Leash | None) -> Runtime:
        return DockerRuntime(path, url=url, output_limit=limit, leash=leash)

    return RealRig(image, directory, make)


class Jobs:
    """Shorthands over one runtime, for tests that read as sentences."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.runtime = rig.runtime()
        self.told: list[PullProgress] = []
        self.env: dict[str, str] = {}

    def job(self, attempt_id: str, script: str, **spec: object) -> Assignment:
        return self.command(attempt_id, ("sh", "-c", script), **spec)

    def command(self, attempt_id: str, command: tuple[str, ...], **spec: object) -> Assignment:
        whole = replace(JobSpec("job", command, image=self.rig.image), **spec)  # type: ignore[arg-type]
        return Assignment(attempt_id, "job-1", "run-1", "run", "main", whole, env=self.env)

    async def start(self, assignment: Assignment, *, create: bool = True) -> Started:
        return await self.runtime.start(assignment, create=create, on_pull=self.told.append)

    async def run(self, assignment: Assignment) -> tuple[Ended, bytes]:
        """To its end: how it ended, and all of its output."""
        await self.start(assignment)
        ended = await self.runtime.ended(assignment.attempt_id)
        return ended, await self.output(assignment.attempt_id)

    async def output(self, attempt_id: str, offset: int = 0) -> bytes:
        """All of it from `offset`, to its end."""
        parts: list[bytes] = []
        while part := await self.runtime.read(attempt_id, offset, 1024 * 1024):
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    async def first_output(self, attempt_id: str) -> bytes:
        return await self.runtime.read(attempt_id, 0, 1024)

    async def next_executor(self) -> None:
        """This executor ends, as if killed: what runs isn't told."""
        await self.runtime.close()
        self.runtime = self.rig.runtime()
