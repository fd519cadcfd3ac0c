"""What an append promises, whichever log it is."""

import asyncio

import pytest

from runfold.eventlog.batch import APPEND_BYTES
from runfold.eventlog.port import Append, Conflict, EventLog, TooLarge
from runfold.eventlog.window import Memory
from tests.contract.eventlog.given import SetClock, an_append, an_event, as_recorded, everything, until_tried
from tests.contract.eventlog.worlds import World


async def test_what_was_appended_is_read_in_order_with_its_positions(log: EventLog) -> None:
    start = await log.head()

    appends = [an_append("run:a", events=2), an_append("run:b", events=3)]
    answers = [await log.append(append) for append in appends]

    commits = await log.read(start.number)
    events = [event for commit in commits for event in commit.events]
    assert as_recorded(commits) == [*appends[0].events, *appends[1].events]
    assert [event.position for event in events] == [start.position + i for i in range(1, 6)]
    assert [(a.first - start.position, a.last - start.position) for a in answers] == [(1, 2), (3, 5)]


async def test_the_head_is_the_last_commit(log: EventLog) -> None:
    appended = await log.append(an_append(events=3))

    head = await log.head()

    assert (head.number, head.position) == (appended.number, appended.last)
    assert head.log_id == (await everything(log))[0].record.log_id


async def test_reading_takes_at_most_the_limit(log: EventLog) -> None:
    for _ in range(5):
        await log.append(an_append())

    commits = await log.read(2, 3)

    assert [commit.number for commit in commits] == [3, 4, 5]
    assert await log.read(99, 3) == []


async def test_an_append_is_refused_when_an_expected_stream_was_touched_since(log: EventLog) -> None:
    decided_at = (await log.head()).position
    touched = await log.append(an_append("run:a", "name:p/runs/a"))

    with pytest.raises(Conflict) as refusal:
        await log.append(an_append("run:b", expect=["run:b", "name:p/runs/a"], at=decided_at))

    assert refusal.value.streams == ("name:p/runs/a",)
    assert refusal.value.position == touched.last
    assert (await log.head()).position == touched.last


async def test_what_was_refused_is_taken_once_it_is_decided_on_newer_state(log: EventLog) -> None:
    await log.append(an_append("run:a"))
    with pytest.raises(Conflict) as refusal:
        await log.append(an_append("run:a", expect=["run:a"], at=0))

    again = await log.append(an_append("run:a", expect=["run:a"], at=refusal.value.position))

    assert again.first == refusal.value.position + 1


async def test_an_append_says_all_streams_that_were_touched(log: EventLog) -> None:
    at = (await log.head()).position
    await log.append(an_append("run:a"))
    last = await log.append(an_append("run:c"))

    with pytest.raises(Conflict) as refusal:
        await log.append(an_append("run:x", expect=["run:a", "run:b", "run:c"], at=at))

    assert refusal.value.streams == ("run:a", "run:c")
    assert refusal.value.position == last.last


async def test_untouched_streams_and_those_touched_before_are_no_conflict(log: EventLog) -> None:
    before = await log.append(an_append("run:a"))
    await log.append(an_append("run:b"))

    appended = await log.append(an_append("run:a", expect=["run:a", "run:new"], at=before.last))

    assert appended.first == before.last + 2


async def test_a_repeated_append_is_answered_as_the_first_time(log: EventLog) -> None:
    append = an_append("run:a", expect=["run:a"], events=2)
    first = await log.append(append)
    await log.append(an_append("run:a"))

    again = await log.append(append)

    assert again == first
    assert sum(append.id in commit.record.appends for commit in await everything(log)) == 1


@pytest.mark.parametrize("times", [1, 9])
async def test_an_append_over_one_mebibyte_is_too_large(log: EventLog, times: int) -> None:
    head = await log.head()

    with pytest.raises(TooLarge):
        await log.append(an_append(message="x" * APPEND_BYTES * times))

    assert await log.head() == head


async def test_an_append_of_nothing_is_refused(log: EventLog) -> None:
    with pytest.raises(ValueError):
        await log.append(Append("nothing", ()))


async def test_waiting_for_news_returns_with_the_next_commit(log: EventLog) -> None:
    head = await log.head()
    waiting = asyncio.ensure_future(log.wait(head.number, 20))

    appended = await log.append(an_append())

    assert (await waiting).number == appended.number


async def test_waiting_ends_without_news_too(log: EventLog) -> None:
    head = await log.head()

    assert await log.wait(head.number, 0.01) == head


async def test_many_at_once_all_stand_and_share_commits(world: World) -> None:
    store = world.store()
    log = await world.log(await world.writer(store))
    store.hold()
    appends = [an_append(f"run:{i}", expect=[f"run:{i}"], at=1, events=2) for i in range(200)]
    under_way = [asyncio.ensure_future(log.append(append)) for append in appends]
    await until_tried(store, 2)

    store.release()
    answers = await asyncio.gather(*under_way)

    commits = [commit.record for commit in await everything(log)]
    assert sorted(a for c in commits[1:] for a in c.appends) == sorted(append.id for append in appends)
    assert len({answer.first for answer in answers}) == len(appends)
    assert len(commits) < 20
    assert all(commit.count <= 256 for commit in commits)


async def test_one_append_may_have_more_events_than_commits_have(log: EventLog) -> None:
    appended = await log.append(an_append(events=300))

    assert appended.last - appended.first == 299


async def test_of_two_that_contradict_each_other_in_one_batch_one_stands(world: World) -> None:
    store = world.store()
    log = await world.log(await world.writer(store))
    blocker, one, other = (
        an_append("run:x"),
        an_append("name:p/runs/a", expect=["name:p/runs/a"], at=1),
        an_append("name:p/runs/a", expect=["name:p/runs/a"], at=1),
    )
    store.hold()
    blocking = asyncio.ensure_future(log.append(blocker))
    await until_tried(store, 2)
    both = [asyncio.ensure_future(log.append(append)) for append in (one, other)]
    independent = asyncio.ensure_future(log.append(an_append("run:y", expect=["run:y"], at=1)))

    store.release()
    answers = await asyncio.gather(*both, return_exceptions=True)

    await asyncio.gather(blocking, independent)
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refused) == 1
    assert refused[0].streams == ("name:p/runs/a",)
    head = await log.head()
    # The loser can decide again at once: what refused it is durable.
    assert refused[0].position <= head.position


async def test_who_shared_a_commit_goes_on_from_the_own_answer(world: World) -> None:
    store = world.store()
    log = await world.log(await world.writer(store))
    store.hold()
    blocking = asyncio.ensure_future(log.append(an_append("run:x")))
    await until_tried(store, 2)
    sharing = [asyncio.ensure_future(log.append(an_append(f"run:{i}"))) for i in range(10)]
    store.release()
    _, *answers = await asyncio.gather(blocking, *sharing)

    # What the others touched in the same commit, after it, is none of its business.
    await log.append(an_append("run:0", expect=["run:0"], at=answers[0].last))

    assert answers[0].number == answers[1].number


async def test_a_batch_judges_each_append_alone(log: EventLog) -> None:
    await log.append(an_append("run:taken"))
    appends = [
        an_append(f"run:{i}", expect=["run:taken"] if i % 2 else [f"run:{i}"], at=1) for i in range(20)
    ]

    answers = await asyncio.gather(*map(log.append, appends), return_exceptions=True)

    assert [isinstance(answer, Conflict) for answer in answers] == [bool(i % 2) for i in range(20)]


async def test_decided_before_all_that_is_remembered_is_a_conflict(world: World) -> None:
    clock = SetClock()
    log = await world.log(await world.writer(clock=clock, memory=Memory(commits=3, span=10)))
    old = an_append("run:old", expect=["run:old"], at=1)
    last = await log.append(old)
    for _ in range(4):
        clock.time += 11
        last = await log.append(an_append("run:a", at=last.last))

    with pytest.raises(Conflict) as refusal:
        await log.append(an_append("run:untouched", expect=["run:untouched"], at=1))
    with pytest.raises(Conflict):
        await log.append(old)

    assert refusal.value.position == last.last
    assert (await log.head()).position == last.last


async def test_what_is_young_is_remembered_however_much_came_since(world: World) -> None:
    clock = SetClock()
    log = await world.log(await world.writer(clock=clock, memory=Memory(commits=3, span=60)))
    first = an_append("run:a")
    appended = await log.append(first)
    for _ in range(6):
        clock.time += 10
        await log.append(an_append("run:b"))

    assert await log.append(first) == appended


async def test_the_time_of_commits_never_goes_back(world: World) -> None:
    clock = SetClock()
    log = await world.log(await world.writer(clock=clock))
    times = []
    for time in (2_000_000, 1_500_000, 2_500_000):
        clock.time = time
        appended = await log.append(an_append())
        [commit] = await log.read(appended.number - 1, 1)
        times.append(commit.record.time)

    assert times == [2_000_000, 2_000_000, 2_500_000]


async def test_events_come_back_as_they_were(log: EventLog) -> None:
    event = an_event("job:j", "run:ü", message='quotes ", umlauts ü, \u0000 and \U0001f600')

    appended = await log.append(Append("one", (event,)))

    [commit] = await log.read(appended.number - 1, 1)
    assert as_recorded([commit]) == [event]
    assert commit.record.streams == ("job:j", "run:ü")
