"""The port to what runs attempts: a container engine, supervised processes, or a twin in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from runfold.contracts.connection import Execute
from runfold.contracts.executor import Assignment
from runfold.contracts.values import PullProgress


@dataclass(frozen=True, slots=True)
class Started:
    """`started_at` in microseconds; `ports` maps the job's ports to the host's."""

    started_at: int
    ports: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. `exit_status` is 128 + signal for one that was killed; `exited_at` in microseconds.

    `reason` is set where the status alone doesn't say it (it could not be executed, memory ran out).
    """

    exit_status: int | None
    exited_at: int
    output_bytes: int
    oom_killed: bool = False
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a running attempt uses; `cpu_micros` is all since it began, and may miss some of what ended."""

    cpu_micros: int
    memory_bytes: int
    memory_working_set_bytes: int


class RuntimeFault(Exception):
    """Base of everything a runtime raises."""


class StartFailed(RuntimeFault):
    """It never ran and never will; `reason` as dstack's JobTerminationReason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Interrupted(RuntimeFault):
    """Nobody can tell how it ended, or whether it ran; it must not run again."""


class RuntimeUnavailable(RuntimeFault):
    """The engine doesn't answer, or the disk is full: nothing is known, try again later."""


class Unreachable(RuntimeFault):
    """Nobody gets into this attempt, or to this port of it; the text says why."""


NOT_RUNNING = "the job isn't running here"

#: Told how far the pull of an image is, as a sentence.
OnPull = Callable[[PullProgress], None]


class Session(Protocol):
    """Bytes to and from what runs beside a job, or what listens in it. It ends with its job."""

    async def read(self) -> tuple[int, bytes]:
        """Some bytes with their stream (connection.DATA or ERRORS); none at the end."""

    async def write(self, data: bytes) -> None:
        """Waits while it takes nothing more. What nobody reads any more is dropped."""

    async def end_input(self) -> None: ...

    async def resize(self, columns: int, rows: int) -> None:
        """Of its terminal, where it has one."""

    async def signal(self, name: str) -> None:
        """To all that runs in it; `name` without SIG."""

    async def exited(self) -> int | None:
        """Its status, once all was read; None of a connection, which has none."""

    async def close(self) -> None:
        """Hangs up: what runs in it is told so, as by a terminal that is closed."""


class Runtime(Protocol):
    """Attempts by their id. They outlive the executor: `start` of the next one adopts them."""

    name: str

    async def probe(self) -> bool:
        """Whether it can run anything at the moment; asked at start and then and when."""

    def refusal(self, assignment: Assignment) -> str | None:
        """Why this runtime can't give what is asked for, as a sentence, or None."""

    async def start(self, assignment: Assignment, *, create: bool, on_pull: OnPull) -> Started:
        """Running, or already ended, when it returns. What is there under this id is adopted.

        What isn't there is made if `create`, else it is Interrupted. Raises StartFailed, Interrupted,
        RuntimeUnavailable.
        """

    async def ended(self, attempt_id: str) -> Ended:
        """Waits for the end of a started attempt, its output whole. Raises Interrupted."""

    async def read(self, attempt_id: str, offset: int, limit: int) -> bytes:
        """1 to `limit` bytes of its output from `offset`, once there are any; b"" at its end. After `start`, which may
        have raised Interrupted."""

    async def sample(self, attempt_id: str) -> Usage | None:
        """None where it doesn't run, or can't be told. Raises RuntimeUnavailable."""

    async def execute(self, attempt_id: str, wanted: Execute) -> Session:
        """Runs something beside a running job: as its user, in its directory, with its environment.

        Raises Unreachable, RuntimeUnavailable.
        """

    async def dial(self, attempt_id: str, port: int) -> Session:
        """A connection to what listens there, be it on loopback alone. Raises Unreachable, RuntimeUnavailable."""

    async def stop(self, attempt_id: str, grace: int | None) -> None:
        """TERM now, KILL after `grace` seconds (None: never); one that is only starting fails to start.

        A second order may only shorten the first.
        """

    async def remove(self, attempt_id: str) -> None:
        """Nothing is left of it; kills what still runs. No error when there is nothing."""

    async def close(self) -> None:
        """Lets go of what runs, which runs on."""
