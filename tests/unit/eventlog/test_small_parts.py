"""Coalesced questions, pauses, the line, and what came by message."""

import asyncio

import msgspec
import pytest

from runfold.contracts.envelope import Commit, encode_commit
from runfold.eventlog.batch import Pending
from runfold.eventlog.coalesce import Coalesced
from runfold.eventlog.hurry import Hurried
from runfold.eventlog.line import MOST_WAITING, Line
from runfold.eventlog.port import Unavailable
from runfold.eventlog.tail import MOST_BYTES, MOST_COMMITS, Tail
from runfold.ports.backoff import Backoff
from tests.contract.eventlog.given import IDS, an_append
from tests.unit.eventlog.test_window import commits_of


async def test_questions_that_wait_share_a_call_that_began_after_them() -> None:
    began: list[int] = []
    gate = asyncio.Event()

    async def call() -> int:
        began.append(len(began))
        answer = began[-1]
        await gate.wait()
        return answer

    shared = Coalesced(call)
    first = asyncio.ensure_future(shared.get())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert began == [0]
    later = [asyncio.ensure_future(shared.get()) for _ in range(5)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert began == [0]  # one at a time

    gate.set()

    assert await first == 0
    assert await asyncio.gather(*later) == [1] * 5


async def test_who_gives_up_does_not_end_the_call_of_the_others() -> None:
    gate = asyncio.Event()

    async def call() -> str:
        await gate.wait()
        return "answer"

    shared = Coalesced(call)
    one, other = asyncio.ensure_future(shared.get()), asyncio.ensure_future(shared.get())
    await asyncio.sleep(0)

    one.cancel()
    gate.set()

    assert await other == "answer"


async def test_a_call_that_fails_fails_for_all_who_asked_and_no_other() -> None:
    outcomes: list[Exception | None] = [Unavailable("gone"), None]

    async def call() -> str:
        if (error := outcomes.pop(0)) is not None:
            raise error
        return "answer"

    shared = Coalesced(call)
    answers = await asyncio.gather(shared.get(), shared.get(), return_exceptions=True)

    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    assert await shared.get() == "answer"


def test_pauses_double_up_to_the_most_and_start_over() -> None:
    backoff = Backoff(IDS, first=1, most=8)

    pauses = [backoff.next() for _ in range(6)]
    backoff.reset()

    for pause, whole in zip(pauses, (1, 2, 4, 8, 8, 8), strict=True):
        assert whole / 2 <= pause <= whole
    assert backoff.next() <= 1


async def test_the_line_is_bounded() -> None:
    line, pending = Line(), Pending(an_append(), b"x", 0)
    for _ in range(MOST_WAITING):
        line.join(pending)

    with pytest.raises(Unavailable):
        line.join(pending)


async def test_the_line_is_bounded_in_bytes_too() -> None:
    line, pending = Line(), Pending(an_append(), b"x" * 1024 * 1024, 0)
    for _ in range(64):
        line.join(pending)

    with pytest.raises(Unavailable):
        line.join(pending)
    line.leave()
    line.join(pending)


async def test_a_closed_line_still_lets_those_in_it_through() -> None:
    line = Line()
    line.join(Pending(an_append(), b"x", 0))
    line.close()

    assert await line.filled()
    line.leave()
    assert not await line.filled()


def test_the_tail_holds_the_last_commits_and_says_when_it_lacks_some() -> None:
    tail = Tail()
    for record in commits_of(*[("a",)] * (MOST_COMMITS + 5)):
        tail.add(Commit(record))

    assert tail.read(4, 10) == []
    assert [commit.number for commit in tail.read(5, 3)] == [6, 7, 8]
    assert tail.read(MOST_COMMITS + 5, 3) == []


def test_the_tail_is_bounded_in_bytes() -> None:
    tail = Tail()
    for record in commits_of(*[("a",)] * 20):
        tail.add(Commit(msgspec.structs.replace(record, body=msgspec.Raw(b"x" * (MOST_BYTES // 8)))))

    assert tail.read(11, 99) == []
    assert len(tail.read(12, 99)) == 8


class Sent:
    def __init__(self, body: bytes) -> None:
        self.body = body


async def test_messages_that_wait_are_bounded() -> None:
    hurried = Hurried()

    for record in commits_of(*[("a",)] * 400):
        await hurried.receive(Sent(encode_commit(record)))

    assert hurried.take(256) is not None
    assert hurried.take(257) is None


async def test_what_is_folded_already_no_longer_waits() -> None:
    hurried = Hurried()
    for record in commits_of(*[("a",)] * 3):
        await hurried.receive(Sent(encode_commit(record)))

    hurried.forget_up_to(2)

    assert [hurried.take(n) is not None for n in (1, 2, 3)] == [False, False, True]
    assert not hurried
