"""How appends that wait together are judged."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runfold.contracts.envelope import EventRecord
from runfold.eventlog.batch import CAP_EVENTS, TARGET_EVENTS, Batch, Pending, encode_events
from runfold.eventlog.port import Append, Appended, Conflict, Head, NotActive
from runfold.eventlog.window import Window
from tests.contract.eventlog.given import an_append

HEAD = Head(3, 10, "log")


def pending_of(append: Append) -> Pending:
    future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
    return Pending(append, encode_events(append), 0, [future])


async def judged(*appends: Append) -> tuple[Batch, list[asyncio.Future[Appended]]]:
    batch = Batch(Window(), HEAD)
    all_pending = [pending_of(append) for append in appends]
    futures = [pending.futures[0] for pending in all_pending]
    for pending in all_pending:
        batch.take(pending)
    return batch, futures


async def test_accepted_ones_get_the_next_positions() -> None:
    batch, futures = await judged(an_append(events=2), an_append(events=1))

    batch.stands()

    assert [future.result() for future in futures] == [Appended(4, 11, 12), Appended(4, 13, 13)]


async def test_one_that_conflicts_with_another_waits_until_that_one_stands() -> None:
    batch, (first, second) = await judged(an_append("a", "b"), an_append("b", expect=["b", "c"], at=10))
    assert not second.done()

    batch.stands()

    refusal = second.exception()
    assert isinstance(refusal, Conflict)
    assert (refusal.streams, refusal.position) == (("b",), 11)
    assert first.result().first == 11


async def test_when_the_commit_falls_so_do_those_it_refused() -> None:
    batch, futures = await judged(an_append("a"), an_append("a", expect=["a"], at=10))

    batch.fails(NotActive())

    assert [type(future.exception()) for future in futures] == [NotActive, NotActive]


async def test_one_that_was_refused_stands_in_nobodys_way() -> None:
    batch, (_, second, third) = await judged(
        an_append("a"), an_append("a", "b", expect=["a"], at=10), an_append("b", expect=["b"], at=10)
    )

    batch.stands()

    assert isinstance(second.exception(), Conflict)
    assert third.result() == Appended(4, 12, 12)


async def test_the_record_holds_what_was_accepted_and_nothing_else() -> None:
    kept, refused = an_append("a", "b", events=2), an_append("a", expect=["a"], at=10)
    batch, _ = await judged(kept, refused)

    record = batch.record(time=7)

    assert (record.number, record.first, record.count, record.time) == (4, 11, 2, 7)
    assert (record.appends, record.sizes, record.streams) == ((kept.id,), (2,), ("a", "b"))
    assert msgspec.json.decode(record.body, type=tuple[EventRecord, ...]) == kept.events


@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=60))
async def test_a_commit_stays_within_its_bounds_and_takes_at_least_one(sizes: list[int]) -> None:
    batch = Batch(Window(), HEAD)
    taken = []
    for size in sizes:
        pending = Pending(an_append(events=size), b"x" * 2_000 * size, 0, [])
        if not batch.has_room_for(pending):
            break
        batch.take(pending)
        taken.append(size)

    assert taken
    assert batch.count <= max(CAP_EVENTS, taken[0])
    assert sum(taken[:-1]) < TARGET_EVENTS


async def test_a_commit_takes_no_more_than_four_mebibytes() -> None:
    batch = Batch(Window(), HEAD)
    large = [Pending(an_append(), b"x" * 1_000_000, 0, []) for _ in range(5)]

    while batch.has_room_for(large[0]):
        batch.take(large.pop())

    assert len(large) == 1
    assert 4_000_000 <= len(bytes(batch.record(1).body)) <= 4 * 1024 * 1024


def test_an_event_that_touches_nothing_is_refused() -> None:
    event = msgspec.structs.replace(an_append().events[0], streams=())

    with pytest.raises(ValueError):
        encode_events(Append("x", (event,)))
