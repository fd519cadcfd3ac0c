"""Everyone who follows sees every commit, once, in order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from runfold.bus.port import Message
from runfold.contracts.envelope import Commit, encode_commit
from runfold.eventlog.checkpoint import AheadOfLog, Checkpoint, OtherLog
from runfold.eventlog.follow import Follower
from runfold.eventlog.port import EventLog
from runfold.eventlog.writer import Writer
from tests.contract.eventlog.given import an_append, append_ids
from tests.contract.eventlog.worlds import World


class Folded:
    """What a follower has applied; forgotten at `reset`."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []

    def apply(self, commit: Commit) -> None:
        self.commits.append(commit)

    def reset(self) -> None:
        self.commits = []

    @property
    def numbers(self) -> list[int]:
        return [commit.number for commit in self.commits]


class LossyBus:
    """Hands on the commits of a writer, but for those it loses; some twice, some late."""

    def __init__(self, writer: Writer) -> None:
        self.connected = True
        self._handler: Callable[[Any], Awaitable[None]] | None = None
        self._sent: list[Commit] = []
        self._tasks: set[asyncio.Task[None]] = set()
        writer.on_commit(self._publish)

    async def consume(self, queue: Any, handler: Callable[[Any], Awaitable[None]]) -> "LossyBus":
        self._handler = handler
        return self

    async def cancel(self) -> None:
        self._handler = None

    def _publish(self, commit: Commit) -> None:
        self._sent.append(commit)
        match len(self._sent) % 5:
            case 0:
                return
            case 1:
                self._send(commit, commit)
            case 2:
                self._send(*reversed(self._sent[-4:]))
            case _:
                self._send(commit)

    def _send(self, *commits: Commit) -> None:
        task = asyncio.ensure_future(self._deliver(commits))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, commits: tuple[Commit, ...]) -> None:
        for commit in commits:
            if self._handler is not None:
                await self._handler(Message(encode_commit(commit.record)))


async def followed(log: EventLog, folded: Folded, **options: Any) -> Follower:
    follower = Follower(log, folded.apply, reset=folded.reset, **options)
    await follower.start()
    return follower


async def append_many(log: EventLog, count: int) -> None:
    async def some(worker: int) -> None:
        for i in range(count // 8):
            await log.append(an_append(f"run:{worker}-{i}"))

    await asyncio.gather(*map(some, range(8)))


async def test_a_follower_starts_with_all_that_is_there(log: EventLog) -> None:
    await append_many(log, 40)
    folded = Folded()

    follower = await followed(log, folded)

    assert folded.numbers == list(range(1, (await log.head()).number + 1))
    assert follower.position == (await log.head()).position
    assert follower.not_ready() is None
    await follower.stop()


async def test_following_while_others_write_loses_and_doubles_nothing(log: EventLog) -> None:
    folded = Folded()
    follower = await followed(log, folded)

    await append_many(log, 200)
    await follower.reached((await log.head()).position)

    assert folded.numbers == list(range(1, follower.number + 1))
    assert [a for c in folded.commits for a in c.record.appends][1:] == await append_ids(log)
    await follower.stop()


async def test_messages_that_are_lost_late_or_doubled_change_nothing(world: World) -> None:
    writer = await world.writer()
    log = await world.log(writer)
    folded = Folded()
    follower = await followed(log, folded, bus=LossyBus(writer), queue="mine")

    await append_many(log, 200)
    await follower.fresh()

    assert folded.numbers == list(range(1, follower.number + 1))
    assert follower.position == (await log.head()).position
    await follower.stop()


async def test_fresh_is_all_that_was_committed_before_the_question(log: EventLog) -> None:
    folded = Folded()
    follower = await followed(log, folded)
    for _ in range(10):
        appended = await log.append(an_append())
        await follower.fresh()
        assert follower.position >= appended.last
    await follower.stop()


async def test_following_goes_on_from_a_checkpoint(log: EventLog) -> None:
    await append_many(log, 16)
    folded = Folded()
    head = await log.head()

    follower = await followed(log, folded, checkpoint=Checkpoint(head.log_id, head.number - 1))

    assert folded.numbers == [head.number]
    assert follower.checkpoint == Checkpoint(head.log_id, head.number)
    assert follower.position == head.position
    await follower.stop()


async def test_a_checkpoint_ahead_of_the_log_says_so(log: EventLog) -> None:
    head = await log.head()

    with pytest.raises(AheadOfLog):
        await followed(log, Folded(), checkpoint=Checkpoint(head.log_id, head.number + 1))


async def test_a_checkpoint_of_another_log_says_so(log: EventLog) -> None:
    head = await log.head()

    with pytest.raises(OtherLog):
        await followed(log, Folded(), checkpoint=Checkpoint("of-another", head.number))


async def test_a_checkpoint_over_an_empty_log_is_ahead_of_it(world: World) -> None:
    with pytest.raises(AheadOfLog):
        await followed(world.standby(), Folded(), checkpoint=Checkpoint("some", 1))


async def test_a_log_that_is_away_delays_its_followers_and_breaks_nothing(world: World) -> None:
    store = world.store()
    writer = await world.writer(store)
    reader = world.store()
    folded = Folded()
    follower = await followed(world.standby(reader), folded)
    reader.away = True
    await append_many(writer, 16)

    reader.away = False
    await follower.reached((await writer.head()).position)

    assert folded.numbers == list(range(1, follower.number + 1))
    await follower.stop()
