"""What followers of these tests fold, and where their news come from."""

from collections.abc import Callable

from runfold.contracts.envelope import Commit
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.hurry import Hurried
from runfold.eventlog.writer import Writer
from tests.contract.eventlog.given import CLOCK, IDS, an_append
from tests.faulty_store import FaultyStore


class State:
    """Folds commits; `fault` may raise instead."""

    def __init__(self, fault: Callable[[Commit], None] = lambda commit: None) -> None:
        self.numbers: list[int] = []
        self.resets = 0
        self.fault = fault

    def apply(self, commit: Commit) -> None:
        self.numbers.append(commit.number)
        self.fault(commit)

    def reset(self) -> None:
        self.resets += 1
        self.numbers = []


class Sent:
    """A message."""

    def __init__(self, body: bytes) -> None:
        self.body = body


class Feed:
    """A bus that hands on what a test says, and is connected or not."""

    def __init__(self) -> None:
        self.connected = True
        self.handler = Hurried().receive

    async def consume(self, queue: object, handler: Callable[[Sent], object]) -> "Feed":
        self.handler = handler  # type: ignore[assignment]
        return self

    async def cancel(self) -> None: ...


async def a_writer(store: FaultyStore | None = None) -> Writer:
    writer = Writer(store or FaultyStore(MemoryStore()), clock=CLOCK, ids=IDS, sole=True)
    await writer.start()
    return writer


async def append(writer: Writer, count: int) -> None:
    for _ in range(count):
        await writer.append(an_append())
