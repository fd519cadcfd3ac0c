"""The runtimes' twin for tests and the simulation: a few words of shell, and no real time or threads."""

import asyncio
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from runfold.contracts.connection import DATA, Execute
from runfold.contracts.executor import Assignment
from runfold.contracts.values import PullProgress
from runfold.executor.lease import CUT_OFF
from runfold.executor.runtime import (
    NOT_RUNNING,
    Ended,
    Interrupted,
    OnPull,
    RuntimeUnavailable,
    Started,
    StartFailed,
    Unreachable,
    Usage,
)
from runfold.executor.runtimes.tail import Tail


@dataclass(slots=True)
class MemoryJob:
    """What became of an attempt. It goes on without whoever started it."""

    started: Started
    output: bytearray = field(default_factory=bytearray)
    ended: Ended | None = None
    interrupted: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    timer: asyncio.TimerHandle | None = None
    killer: asyncio.TimerHandle | None = None
    deaf: bool = False  #: ignores TERM
    cut_off: bool = False  #: stopped by its own host
    over_too: list[Callable[[], None]] = field(default_factory=list)  #: what ends what runs beside it
    tail: Tail = field(init=False)

    def __post_init__(self) -> None:
        self.tail = Tail(lambda offset, limit: bytes(self.output[offset : offset + limit]))


class MemoryEngine:
    """The host that jobs run on; it outlives the executors, and so their runtimes.

    `starts` counts how often each attempt was begun. `away` makes it unavailable, `broken` says why starts fail.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.jobs: dict[str, MemoryJob] = {}
        self.starts: dict[str, int] = {}
        self.away = False
        self.broken: str | None = None
        #: Attempts whose images are here only after so many seconds.
        self.pulls: dict[str, float] = {}

    def begin(self, assignment: Assignment) -> MemoryJob:
        if self.broken:
            raise StartFailed("creating_container_error", self.broken)
        self.starts[assignment.attempt_id] = self.starts.get(assignment.attempt_id, 0) + 1
        job = self.jobs[assignment.attempt_id] = MemoryJob(Started(self.now()))
        self._step(job, _words(assignment.spec.command))
        return job

    def signal(self, attempt_id: str, grace: int | None) -> None:
        job = self.jobs.get(attempt_id)
        if job is None or job.over.is_set():
            return
        if not job.deaf and grace != 0:
            self._end(job, 143)
        elif grace is not None:
            if job.killer:
                job.killer.cancel()
            job.killer = asyncio.get_running_loop().call_later(grace, self._end, job, 137)

    def cut_off(self, attempt_id: str, grace: int) -> None:
        """As a supervisor does whose host was cut off for too long."""
        if job := self.jobs.get(attempt_id):
            job.cut_off = True
            self.signal(attempt_id, grace)

    def remove(self, attempt_id: str) -> None:
        if job := self.jobs.pop(attempt_id, None):
            self._end(job, 137)

    def reboot(self) -> None:
        """What ran is gone, and nobody can tell how it ended."""
        for job in self.jobs.values():
            if not job.over.is_set():
                job.interrupted = True
                self._end(job, 137)

    def _step(self, job: MemoryJob, commands: list[list[str]]) -> None:
        """Runs until a command takes time; the rest follows then."""
        while commands:
            (word, *rest), commands = commands[0], commands[1:]
            if word == "sleep":
                job.timer = asyncio.get_running_loop().call_later(float(rest[0]), self._step, job, commands)
                return
            if word == "exit":
                self._end(job, int(rest[0]))
                return
            if not self._run(job, word, rest):
                return
        self._end(job, 0)

    def _run(self, job: MemoryJob, word: str, rest: list[str]) -> bool:
        """False when that was the end of it."""
        match word:
            case "echo":
                job.output += " ".join(rest).encode() + b"\n"
                job.tail.grew()
            case "deaf":
                job.deaf = True
            case "true":
                pass
            case "false":
                self._end(job, 1)
            case _:
                self._end(job, 127, "creating_container_error", f"{word}: no such command")
        return not job.over.is_set()

    def _end(
        self, job: MemoryJob, status: int, reason: str | None = None, message: str | None = None
    ) -> None:
        if job.over.is_set():
            return
        for handle in (job.timer, job.killer):
            if handle:
                handle.cancel()
        if job.cut_off:
            reason = "interrupted_by_no_capacity"
        job.ended = Ended(status, self.now(), len(job.output), reason=reason, message=message)
        job.tail.close()
        job.over.set()
        for end in job.over_too:
            end()


class MemoryRuntime:
    """One executor's hold on the engine."""

    def __init__(
        self,
        engine: MemoryEngine,
        name: str = "process",
        holds: Callable[[Assignment], bool] = lambda _: True,
    ) -> None:
        """`holds` says whether an attempt may begin now, which a host that is cut off may have to deny."""
        self.name = name
        self._holds = holds
        self._engine = engine
        self._stops: dict[str, int | None] = {}

    async def probe(self) -> bool:
        return not self._engine.away

    def refusal(self, assignment: Assignment) -> str | None:
        return "an image: this runtime has none" if assignment.spec.image == "none" else None

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        attempt_id = assignment.attempt_id
        seconds = self._engine.pulls.get(attempt_id)
        if seconds is not None and attempt_id not in self._engine.jobs:
            on_pull(PullProgress())
            await asyncio.sleep(seconds)
        self._check()
        job = self._engine.jobs.get(attempt_id)
        if job is None and not create:
            raise Interrupted("nothing is left of it on this host")
        if job is None and attempt_id in self._stops:
            raise StartFailed("terminated_by_server", "stopped before it started")
        if job is None and not self._holds(assignment):
            raise RuntimeUnavailable(CUT_OFF)
        job = job or self._engine.begin(assignment)
        if attempt_id in self._stops:
            self._engine.signal(attempt_id, self._stops[attempt_id])
        return job.started

    async def ended(self, attempt_id: str) -> Ended:
        self._check()
        job = self._engine.jobs[attempt_id]
        await job.over.wait()
        if job.interrupted or job.ended is None:
            raise Interrupted("the host went down while it ran")
        return job.ended

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        job = self._engine.jobs.get(attempt_id)
        return await job.tail.read(offset, limit) if job else b""

    async def sample(self, attempt_id: str) -> Usage | None:
        """As if it kept one processor busy, and held a MiB and its output."""
        self._check()
        job = self._engine.jobs.get(attempt_id)
        if job is None or job.over.is_set():
            return None
        memory = 1024 * 1024 + len(job.output)
        return Usage(self._engine.now() - job.started.started_at, memory, memory)

    async def execute(self, attempt_id: str, wanted: Execute) -> "MemorySession":
        return MemorySession(self._running(attempt_id), _words(wanted.command or ("cat",)))

    async def dial(self, attempt_id: str, port: int) -> "MemorySession":
        """What listens at each port but 0 sends back what it gets."""
        job = self._running(attempt_id)
        if port == 0:
            raise Unreachable("nothing answers at port 0 of the job")
        return MemorySession(job, [["cat"]], connection=True)

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        self._check()
        self._stops[attempt_id] = grace
        self._engine.signal(attempt_id, grace)

    async def remove(self, attempt_id: str) -> None:
        self._check()
        self._stops.pop(attempt_id, None)
        self._engine.remove(attempt_id)

    async def close(self) -> None:
        """Jobs run on in the engine."""

    def _running(self, attempt_id: str) -> MemoryJob:
        self._check()
        job = self._engine.jobs.get(attempt_id)
        if job is None or job.over.is_set():
            raise Unreachable(NOT_RUNNING)
        return job

    def _check(self) -> None:
        if self._engine.away:
            raise RuntimeUnavailable("the engine doesn't answer")


class MemorySession:
    """What runs beside a job, in the few words of this shell; `cat` sends back what it gets until that ends."""

    def __init__(self, job: MemoryJob, commands: list[list[str]], *, connection: bool = False) -> None:
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._status: int | None = None if connection else 0
        self._ended = False
        job.over_too.append(self.kill)
        for word, *rest in commands:
            match word:
                case "echo":
                    self._pieces.put_nowait(" ".join(rest).encode() + b"\n")
                case "exit":
                    self._status = int(rest[0])
                    self._end()
                case "cat" | "sleep":
                    return
                case _:
                    self._status = 127
                    self._end()
        self._end()

    async def read(self) -> tuple[int, bytes]:
        return DATA, await self._pieces.get()

    async def write(self, data: bytes) -> None:
        if not self._ended and data:
            self._pieces.put_nowait(data)

    async def end_input(self) -> None:
        self._end()

    async def resize(self, columns: int, rows: int) -> None:
        """Nothing here draws."""

    async def signal(self, name: str) -> None:
        self.kill()

    async def exited(self) -> int | None:
        return self._status

    async def close(self) -> None:
        self.kill()

    def kill(self) -> None:
        if not self._ended:
            self._status = None if self._status is None else 137
            self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._pieces.put_nowait(b"")


def _words(command: tuple[str, ...]) -> list[list[str]]:
    """The commands of `sh -c "…"`, apart by `;`, `&&` or line ends; or the command itself."""
    if "-c" not in command:
        return [list(command)]
    lines = command[-1].replace("&&", ";").replace("\n", ";").split(";")
    return [words for words in map(shlex.split, lines) if words]
