"""One writer at a time: what becomes of appends when another takes over, or when nobody knows what stands."""

import asyncio

import pytest

from runfold.contracts.cell import TermBegan
from runfold.contracts.envelope import encode_commit
from runfold.eventlog.port import Appended, Conflict, NotActive, Unavailable
from tests.contract.eventlog.given import SetClock, an_append, append_ids, everything, until_tried
from tests.contract.eventlog.worlds import World

pytestmark = pytest.mark.parametrize("world", ["memory", "sqlite", "mongo"], indirect=True)


async def test_a_writer_begins_its_term_in_the_log(world: World) -> None:
    writer = await world.writer(service_address="http://log-1:8080")

    [commit] = await writer.read(0)

    assert [event.data for event in commit.events] == [
        TermBegan("log", commit.record.appends[0], "http://log-1:8080")
    ]
    assert writer.not_ready() is None


async def test_before_it_takes_over_a_writer_appends_nothing_and_reads_everything(world: World) -> None:
    active = await world.writer()
    await active.append(an_append())
    standby = world.standby()

    with pytest.raises(NotActive):
        await standby.append(an_append())

    assert await standby.head() == await active.head()
    assert await append_ids(standby) == await append_ids(active)
    assert standby.not_ready() is not None


async def test_a_writer_whose_number_is_taken_steps_down_and_says_who_took_it(world: World) -> None:
    old = await world.writer()
    await old.append(an_append())
    new = await world.writer(service_address="http://log-2:8080")

    with pytest.raises(NotActive) as refusal:
        await old.append(an_append())

    assert refusal.value.address == "http://log-2:8080"
    assert (old.active, new.active) == (False, True)
    assert old.not_ready() is not None
    await old.ended()


async def test_all_that_waits_at_a_writer_that_steps_down_fails_and_is_never_stored(world: World) -> None:
    store = world.store()
    old = await world.writer(store)
    new = await world.writer()
    store.hold()
    under_way = [old.submit(an_append(f"run:{i}")) for i in range(100)]
    await until_tried(store, 2)

    store.release()
    answers = await asyncio.gather(*under_way, return_exceptions=True)

    assert {type(answer) for answer in answers} == {NotActive}
    assert await append_ids(new) == []


async def test_of_two_writers_that_race_one_goes_on_and_nothing_is_lost_or_doubled(world: World) -> None:
    writers = [world.standby(), world.standby()]
    await asyncio.gather(*(writer.start() for writer in writers))
    appends = [[an_append(f"run:{w}-{i}") for i in range(30)] for w in range(2)]

    answers = [
        await asyncio.gather(*map(writer.append, own), return_exceptions=True)
        for writer, own in zip(writers, appends, strict=True)
    ]

    stored = await append_ids(writers[0])
    answered = [
        append.id
        for own, results in zip(appends, answers, strict=True)
        for append, result in zip(own, results, strict=True)
        if isinstance(result, Appended)
    ]
    assert sorted(stored) == sorted(answered)
    assert sum(writer.active for writer in writers) == 1
    assert len(answered) == 30


async def test_numbers_and_positions_have_no_gaps_through_takeovers(world: World) -> None:
    for events in (1, 2, 3):
        await (await world.writer()).append(an_append(events=events))

    commits = await everything(world.standby())

    assert [commit.number for commit in commits] == list(range(1, 7))
    assert [e.position for commit in commits for e in commit.events] == list(range(1, 10))
    assert len({commit.record.log_id for commit in commits}) == 1


async def test_what_stood_before_a_takeover_can_be_read_and_sent_on_after_it(world: World) -> None:
    before = await world.writer()
    await before.append(an_append())
    stood = [encode_commit(commit.record) for commit in await everything(before)]

    after = await world.log(await world.writer())

    assert [encode_commit(commit.record) for commit in await everything(after)][: len(stood)] == stood


async def test_a_takeover_by_a_slow_clock_does_not_take_the_time_back(world: World) -> None:
    await world.writer(clock=SetClock(2_000_000))

    await world.writer(clock=SetClock(1_000_000))

    assert [commit.record.time for commit in await everything(world.standby())] == [2_000_000, 2_000_000]


async def test_an_append_that_stood_before_a_takeover_is_answered_the_same_after_it(world: World) -> None:
    old = await world.writer()
    append, other = an_append("run:a", expect=["run:a"], events=2), an_append("run:b")
    first = await asyncio.gather(old.append(append), old.append(other))

    new = await world.writer()

    assert await asyncio.gather(new.append(append), new.append(other)) == first
    assert sorted(await append_ids(new)) == sorted([append.id, other.id])


async def test_expectations_hold_across_a_takeover(world: World) -> None:
    old = await world.writer()
    touched = await old.append(an_append("run:a"))
    new = await world.writer()

    with pytest.raises(Conflict) as refusal:
        await new.append(an_append("run:a", expect=["run:a"], at=touched.first - 1))

    assert refusal.value.position >= touched.last
    await new.append(an_append("run:a", expect=["run:a"], at=refusal.value.position))


async def test_a_takeover_goes_on_when_its_number_is_taken_meanwhile(world: World) -> None:
    store = world.store()
    store.hold()
    late = world.standby(store)
    starting = asyncio.ensure_future(late.start())
    await until_tried(store, 1)
    early = await world.writer()
    await early.append(an_append())

    store.release()
    await starting

    assert (await late.append(an_append())).number == 4
    with pytest.raises(NotActive):
        await early.append(an_append())


async def test_a_head_that_is_asked_for_is_never_older_than_the_question(world: World) -> None:
    old = await world.writer()
    new = await world.writer()
    appended = await new.append(an_append())

    head = await old.head()

    assert head.number == appended.number


async def test_stopping_commits_what_waits_and_takes_nothing_more(world: World) -> None:
    store = world.store()
    writer = await world.writer(store)
    store.hold()
    under_way = [writer.submit(an_append(f"run:{i}")) for i in range(5)]
    await until_tried(store, 2)

    stopping = asyncio.ensure_future(writer.stop())
    await asyncio.sleep(0)
    with pytest.raises(NotActive):
        await writer.append(an_append())
    store.release()
    await stopping

    assert len(await asyncio.gather(*under_way)) == 5


async def test_an_append_that_nobody_waits_for_any_more_is_not_stored(world: World) -> None:
    store = world.store()
    writer = await world.writer(store)
    store.hold()
    first = writer.submit(an_append("run:a"))
    await until_tried(store, 2)
    abandoned, wanted = an_append("run:b"), an_append("run:c")
    writer.submit(abandoned).cancel()
    last = writer.submit(wanted)

    store.release()
    await asyncio.gather(first, last)

    assert abandoned.id not in await append_ids(writer)


async def test_a_writer_that_folds_anothers_term_stops_and_may_take_over_again(world: World) -> None:
    old, new = await world.writer(), await world.writer()
    assert new.term is not None

    old.observe(new.term)
    await old.ended()
    await old.stop()
    await old.start()

    assert (await old.append(an_append())).number == 4


async def test_a_writer_whose_append_is_in_doubt_stops_once_it_folds_anothers_term(world: World) -> None:
    store = world.store()
    old = await world.writer(store)
    new = await world.writer()
    assert new.term is not None
    store.hold()
    in_doubt = old.submit(an_append())
    await until_tried(store, 2)

    old.observe(new.term)
    await old.stop()

    with pytest.raises(Unavailable):
        await in_doubt
