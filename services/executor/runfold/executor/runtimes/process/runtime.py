"""The process runtime: spawns supervisors, adopts them, and sees what becomes of them."""

import asyncio
import getpass
import marshal
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from runfold.contracts.connection import Execute
from runfold.contracts.executor import Assignment
from runfold.executor import repos
from runfold.executor.lease import CUT_OFF, Leash
from runfold.executor.parcels import Fetch, belongings, no_parcels
from runfold.executor.runtime import (
    NOT_RUNNING,
    Ended,
    Interrupted,
    OnPull,
    RuntimeFault,
    RuntimeUnavailable,
    Started,
    StartFailed,
    Unreachable,
    Usage,
)
from runfold.executor.runtimes.process import environment, files, sessions, supervising
from runfold.executor.runtimes.process.directory import REMOVED, JobDirectory
from runfold.executor.runtimes.process.inotify import Inotify
from runfold.executor.runtimes.process.leftovers import boot_id, kill_leftovers
from runfold.executor.runtimes.process.sessions import ProcessSession
from runfold.executor.runtimes.process.usage import Usages
from runfold.executor.runtimes.tail import Tail
from runfold.executor.runtimes.tcp import TcpSession, connect

T = TypeVar("T")


class _Job:
    """A job that this executor watches."""

    def __init__(self, directory: JobDirectory) -> None:
        self.directory = directory
        self.tail = Tail(directory.read_output)
        self.over = asyncio.Event()
        self.ended: Ended | None = None
        self.watch: int | None = None
        self.sessions: list[ProcessSession] = []

    def finish(self) -> None:
        for session in self.sessions:
            session.kill()
        self.ended = self.directory.ended()
        self.tail.close()
        self.over.set()


class ProcessRuntime:
    """Jobs as processes under `directory`; made on a running event loop. Threads do what waits for the disk."""

    name = "process"

    def __init__(
        self,
        directory: Path,
        *,
        user: str | None = None,
        output_limit: int,
        leash: Leash | None = None,
        fetch: Fetch = no_parcels,
    ) -> None:
        """`user` is who jobs run as when this runs as root; `output_limit` in bytes a job and hour.

        Without a `leash` nothing is taken that is to stop where its host is cut off.
        """
        self._root = directory
        self._root.mkdir(mode=0o711, parents=True, exist_ok=True)
        for left in self._root.glob(f"*{REMOVED}"):
            shutil.rmtree(left, ignore_errors=True)
        self._identity = environment.identity(user)
        self._user = self._identity.name if self._identity else getpass.getuser()
        self._output_limit = output_limit
        self._leash = leash
        self._fetch = fetch
        self._loop = asyncio.get_running_loop()
        self._inotify = Inotify(self._loop)
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="process-runtime")
        self._jobs: dict[str, _Job] = {}
        self._watched: dict[int, _Job] = {}  # by the descriptor of its supervisor
        self._stops: dict[str, int | None] = {}
        self._usages = Usages()
        self._closed = False

    async def probe(self) -> bool:
        return True

    def refusal(self, assignment: Assignment) -> str | None:
        if assignment.stop_after is not None and self._leash is None:
            return "stop_after: this runtime has no leash"
        spec = assignment.spec
        return repos.refusal(spec.repo) or files.refusal(spec) or environment.refusal(assignment, self._user)

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        attempt_id = assignment.attempt_id
        job = _Job(JobDirectory(self._root / attempt_id))
        try:
            if create and job.directory.record() is None:
                await self._give_files(job.directory, assignment)
            pid = await self._in_thread(lambda: self._begin(job, assignment, create))
        except OSError as error:
            self._forget_watch(job)
            raise RuntimeUnavailable(f"the job's directory can't be used: {error}") from error
        except RuntimeUnavailable:
            self._forget_watch(job)
            raise
        except RuntimeFault:
            # Its output, as far as it got, can still be read.
            self._jobs[attempt_id] = job
            self._release(job)
            raise
        self._jobs[attempt_id] = job
        if pid is None:
            self._release(job)
        else:
            self._watch(job, pid)
            if attempt_id in self._stops:
                job.directory.order_stop(self._stops[attempt_id])
        started = job.directory.started()
        return started or Started(job.ended.exited_at if job.ended else 0)

    async def ended(self, attempt_id: str) -> Ended:
        job = self._jobs[attempt_id]
        await job.over.wait()
        if job.ended is None:
            await self._in_thread(lambda: kill_leftovers(job.directory.record()))
            raise Interrupted("its supervisor was killed; how the job ended is unknown")
        return job.ended

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        return await self._jobs[attempt_id].tail.read(offset, limit)

    async def sample(self, attempt_id: str) -> Usage | None:
        job = self._jobs.get(attempt_id)
        if job is None or job.over.is_set():
            return None
        record = job.directory.record()
        return await self._in_thread(lambda: self._usages.of(record)) if record else None

    async def execute(self, attempt_id: str, wanted: Execute) -> ProcessSession:
        job = self._running(attempt_id)
        record = job.directory.record()
        if record is None:
            raise Unreachable(NOT_RUNNING)
        session = await sessions.begin(wanted, sessions.surroundings(record.pid, self._identity))
        job.sessions = [*(each for each in job.sessions if not each.over), session]
        if job.over.is_set():
            session.kill()
        return session

    async def dial(self, attempt_id: str, port: int) -> TcpSession:
        self._running(attempt_id)
        return await connect(port)

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        self._stops[attempt_id] = grace
        if job := self._jobs.get(attempt_id):
            job.directory.order_stop(grace)

    async def remove(self, attempt_id: str) -> None:
        job = self._jobs.pop(attempt_id, None)
        self._stops.pop(attempt_id, None)
        directory = job.directory if job else JobDirectory(self._root / attempt_id)
        directory.order_stop(0)
        try:
            if job:
                async with asyncio.timeout(supervising.PATIENCE):
                    await job.over.wait()
            await self._in_thread(lambda: supervising.remove(directory))
        except TimeoutError:
            raise RuntimeUnavailable(supervising.stuck(directory, "doesn't end")) from None
        except OSError as error:
            raise RuntimeUnavailable(f"{directory.path} can't be removed: {error}") from error

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for descriptor in list(self._watched):
            self._unwatch(descriptor)
        self._inotify.close()
        self._threads.shutdown(wait=False)

    def _running(self, attempt_id: str) -> _Job:
        """Raises Unreachable."""
        job = self._jobs.get(attempt_id)
        if job is None or job.over.is_set():
            raise Unreachable(NOT_RUNNING)
        return job

    async def _give_files(self, directory: JobDirectory, assignment: Assignment) -> None:
        """What an earlier try has unpacked is unpacked again."""
        spec = assignment.spec
        if not spec.files and spec.repo is None:
            return
        async with belongings(assignment, self._fetch) as archives:
            await self._in_thread(lambda: self._make(directory, assignment))
            await self._in_thread(
                lambda: files.unpack(directory.home, spec.working_dir, archives, self._identity)
            )

    def _make(self, directory: JobDirectory, assignment: Assignment) -> None:
        """Before anything of the user's is in it: what is made later might be made elsewhere, by a link."""
        directory.make()
        cwd = environment.working_directory(directory.home, assignment.spec.working_dir)
        way = [cwd, *cwd.parents] if cwd.is_relative_to(directory.home) else []
        inside = [path for path in reversed(way) if path != directory.home and directory.home in path.parents]
        for path in inside:
            path.mkdir(exist_ok=True)
        if self._identity:
            directory.give_to(self._identity.uid, self._identity.gid, inside)

    def _begin(self, job: _Job, assignment: Assignment, create: bool) -> int | None:
        """The pid of its supervisor, found or made; None when it has ended. In a thread."""
        directory = job.directory
        if create:
            self._make(directory, assignment)
        elif not directory.exists():
            raise Interrupted("nothing is left of it on this host")
        job.watch = self._inotify.watch(directory.output, lambda: job.tail.grew())
        while (lock := directory.lock()) is None:
            if pid := supervising.pid_of(directory):
                return pid
        try:
            if directory.ended():
                return None
            if (record := directory.record()) or not create:
                kill_leftovers(record)
                raise Interrupted("the host or its supervisor went down while it ran")
            if assignment.attempt_id in self._stops:
                raise StartFailed("terminated_by_server", "stopped before it started")
            if self._leash is not None and not self._leash.holds(assignment):
                raise RuntimeUnavailable(CUT_OFF)
            return supervising.spawn(directory, marshal.dumps(self._spec(directory, assignment)), lock)
        finally:
            os.close(lock)

    def _spec(self, directory: JobDirectory, assignment: Assignment) -> dict[str, Any]:
        who = self._identity
        cwd = environment.working_directory(directory.home, assignment.spec.working_dir)
        env = environment.variables(assignment, directory.home, self._user)
        return {
            "argv": [os.fsencode(word) for word in assignment.spec.command],
            "env": {os.fsencode(name): os.fsencode(value) for name, value in env.items()},
            "cwd": str(cwd),
            "uid": who.uid if who else None,
            "gid": who.gid if who else None,
            "groups": list(who.groups) if who else [],
            "output_limit": self._output_limit,
            "boot_id": boot_id(),
            "stop_after": assignment.stop_after,
            "stop_after_grace": assignment.stop_after_grace,
            "heartbeat": str(self._leash.heartbeat) if self._leash else "",
        }

    def _watch(self, job: _Job, pid: int) -> None:
        descriptor = supervising.descriptor_of(job.directory, pid)
        if descriptor is None:
            self._release(job)
            return
        self._watched[descriptor] = job
        self._loop.add_reader(descriptor, self._supervisor_ended, descriptor, pid)

    def _supervisor_ended(self, descriptor: int, pid: int) -> None:
        job = self._watched[descriptor]
        self._unwatch(descriptor)
        with suppress(ChildProcessError):  # an adopted one is nobody's child here
            os.waitpid(pid, os.WNOHANG)
        self._release(job)

    def _unwatch(self, descriptor: int) -> None:
        self._loop.remove_reader(descriptor)
        os.close(descriptor)
        del self._watched[descriptor]

    def _release(self, job: _Job) -> None:
        self._forget_watch(job)
        job.finish()

    def _forget_watch(self, job: _Job) -> None:
        if job.watch is not None:
            self._inotify.forget(job.watch)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._threads, call)
