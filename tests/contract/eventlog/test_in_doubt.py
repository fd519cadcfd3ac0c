"""What becomes of appends when nobody knows whether their insert got through."""

import asyncio

import pytest

from runfold.eventlog.port import Append, NotActive, Unavailable
from runfold.eventlog.writer import Writer
from tests.contract.eventlog.given import an_append, append_ids, everything, until_tried
from tests.contract.eventlog.worlds import World
from tests.faulty_store import Fault

pytestmark = pytest.mark.parametrize("world", ["memory", "sqlite", "mongo"], indirect=True)


async def test_an_insert_without_answer_that_did_not_get_through_is_made_again(world: World) -> None:
    store = world.store()
    writer = await world.writer(store)
    store.faults.extend([Fault.REFUSED, Fault.REFUSED])
    append = an_append()

    appended = await writer.append(append)

    assert [insert.number for insert in store.inserts[1:]] == [appended.number] * 3
    assert all(insert == store.inserts[1] for insert in store.inserts[1:])
    assert await append_ids(writer) == [append.id]


async def test_an_insert_without_answer_that_got_through_stands_once(world: World) -> None:
    store = world.store()
    writer = await world.writer(store)
    store.faults.append(Fault.UNANSWERED)
    append = an_append()

    appended = await writer.append(append)

    assert appended.number == 2
    assert await append_ids(writer) == [append.id]
    assert (await writer.append(an_append())).number == 3


async def test_a_taken_number_that_no_majority_has_decides_nothing(world: World) -> None:
    store = world.store()
    writer = await world.writer(store)
    store.faults.extend([Fault.PHANTOM, Fault.PHANTOM])

    appended = await writer.append(an_append())

    assert appended.number == 2
    assert writer.active


async def test_an_insert_in_doubt_that_arrives_before_the_takeover_is_known_to_the_new_writer(
    world: World,
) -> None:
    store = world.store()
    old = await world.writer(store)
    store.faults.append(Fault.LATE)
    append = an_append("run:a", expect=["run:a"])
    waiting = old.submit(append)
    await until_tried(store, 2)
    store.hold()
    await store.deliver()

    new = await world.writer()
    answer = await new.append(append)
    store.release()

    # The old one stored it, and may say so, though it has lost its activity since.
    assert await waiting == answer
    assert await append_ids(new) == [append.id]


async def test_an_insert_in_doubt_that_arrives_after_the_takeover_is_not_stored(world: World) -> None:
    store = world.store()
    old = await world.writer(store)
    store.faults.append(Fault.LATE)
    append = an_append("run:a", expect=["run:a"])
    waiting = old.submit(append)
    await until_tried(store, 2)
    store.hold()

    new = await world.writer()
    await store.deliver()
    store.release()

    with pytest.raises(NotActive):
        await waiting
    assert await append_ids(new) == []
    await new.append(append)
    assert await append_ids(new) == [append.id]


async def test_a_takeover_in_doubt_stands_once(world: World) -> None:
    store = world.store()
    store.faults.extend([Fault.UNANSWERED])

    writer = await world.writer(store)
    await writer.append(an_append())

    assert len(await everything(writer)) == 2


async def test_while_the_store_is_away_appends_wait_and_go_on_when_it_is_back(world: World) -> None:
    store = world.store()
    writer = await world.writer(store)
    store.away = True
    appends = [an_append(f"run:{i}") for i in range(10)]
    under_way = [writer.submit(append) for append in appends]
    await until_tried(store, 4)
    assert writer.not_ready() is not None

    store.away = False
    await asyncio.gather(*under_way)

    assert sorted(await append_ids(writer)) == sorted(append.id for append in appends)
    assert writer.not_ready() is None


async def test_who_waits_too_long_for_the_store_is_told_that_the_outcome_is_open(world: World) -> None:
    store = world.store()
    writer = await world.writer(store, patience=0.01)
    store.away = True
    in_flight, in_line = an_append("run:a"), an_append("run:b")
    answers = [writer.submit(in_flight)]
    await until_tried(store, 2)
    answers.append(writer.submit(in_line))

    with pytest.raises(Unavailable):
        await answers[0]
    with pytest.raises(Unavailable):
        await answers[1]
    store.away = False
    await _answered_at_last(writer, in_flight)
    await _answered_at_last(writer, in_line)

    assert sorted(await append_ids(writer)) == sorted([in_flight.id, in_line.id])


async def _answered_at_last(writer: Writer, append: Append) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await writer.append(append)
                return
            except Unavailable:
                continue
