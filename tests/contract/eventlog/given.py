"""Appends and logs as these tests need them."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from runfold.contracts.envelope import Commit, Context, EventRecord, NewEvent, record
from runfold.contracts.job import AttemptLost
from runfold.eventlog.port import Append, EventLog
from runfold.service.system import SystemClock, SystemIds
from tests.faulty_store import FaultyStore

CLOCK = SystemClock()
IDS = SystemIds()


def an_event(*streams: str, message: str = "") -> EventRecord:
    event = AttemptLost(job_id="j", attempt_id="a", reason="executor_error", message=message)
    return record(NewEvent(event, streams or ("job:j",)), IDS.uuid7(), Context("service:test", "test"))


def an_append(
    *streams: str, expect: Sequence[str] = (), at: int = 0, events: int = 1, message: str = ""
) -> Append:
    """`events` events, each of which touches `streams`."""
    content = tuple(an_event(*streams, message=message) for _ in range(events))
    return Append(IDS.uuid7(), content, tuple(expect), at)


def as_recorded(commits: Iterable[Commit]) -> list[EventRecord]:
    """Their events, word for word."""
    bodies = (msgspec.json.decode(commit.record.body, type=list[EventRecord]) for commit in commits)
    return [event for body in bodies for event in body]


async def everything(log: EventLog) -> list[Commit]:
    """All commits, read as a follower would."""
    commits: list[Commit] = []
    while more := await log.read(commits[-1].number if commits else 0):
        commits += more
    return commits


async def append_ids(log: EventLog) -> list[str]:
    """Of all commits, in order; those of terms begun by the log itself left out."""
    return [
        append_id
        for commit in await everything(log)
        if commit.record.streams != ("term:log",)
        for append_id in commit.record.appends
    ]


async def until_tried(store: FaultyStore, inserts: int) -> None:
    """Returns once the store has been asked for this many inserts."""
    async with asyncio.timeout(60):
        while len(store.inserts) < inserts:  # noqa: ASYNC110 the store has no event for it
            await asyncio.sleep(0.001)


class SetClock:
    """A clock that shows what it is set to."""

    def __init__(self, now: int = 1_000_000) -> None:
        self.time = now

    def now(self) -> int:
        return self.time
