"""What a follower does when folding fails, and when the log is not what it was."""

import asyncio

from runfold.contracts.envelope import Commit
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.follow import Follower
from runfold.eventlog.writer import Writer
from tests.contract.eventlog.given import CLOCK, IDS
from tests.faulty_store import FaultyStore
from tests.unit.eventlog.folding import State, a_writer, append
from tests.unit.service.virtual_time import run_virtual


def test_a_fold_that_raises_once_is_folded_anew_from_zero() -> None:
    async def scenario() -> None:
        writer = await a_writer()
        await append(writer, 9)
        state = State()

        def once(commit: Commit) -> None:
            if commit.number == 5 and state.resets == 0:
                raise ZeroDivisionError

        state.fault = once
        follower = Follower(writer, state.apply, reset=state.reset)

        await follower.start()

        assert (state.numbers, state.resets) == (list(range(1, 11)), 1)
        assert follower.not_ready() is None
        await follower.stop()

    run_virtual(scenario())


def test_a_fold_that_always_raises_is_tried_ever_more_seldom_and_tells_its_commit() -> None:
    async def scenario() -> None:
        writer = await a_writer()
        state = State()
        follower = Follower(writer, state.apply, reset=state.reset)
        await follower.start()

        def always(commit: Commit) -> None:
            if commit.number == 3:
                raise ZeroDivisionError("bad")

        state.fault = always
        await append(writer, 3)
        await asyncio.sleep(600)

        assert 5 < state.resets < 20
        trouble = follower.not_ready()
        assert trouble is not None
        assert "commit 3" in trouble
        state.fault = lambda commit: None
        await follower.reached((await writer.head()).position)
        assert state.numbers == [1, 2, 3, 4]
        await asyncio.sleep(0)
        assert follower.not_ready() is None
        await follower.stop()

    run_virtual(scenario())


def test_a_reset_that_raises_is_tried_again_before_anything_is_folded() -> None:
    async def scenario() -> None:
        writer = await a_writer()
        await append(writer, 3)
        state = State()
        resets = []

        def once(commit: Commit) -> None:
            if not state.resets:
                raise ZeroDivisionError

        def reset() -> None:
            resets.append(list(state.numbers))
            if len(resets) < 3:
                raise OSError("disk")
            state.reset()

        state.fault = once
        follower = Follower(writer, state.apply, reset=reset)
        await follower.start()

        assert resets == [[1], [1], [1]]
        assert state.numbers == [1, 2, 3, 4]
        await follower.stop()

    run_virtual(scenario())


def test_a_log_that_lost_commits_is_not_followed_silently() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        writer = await a_writer(FaultyStore(store))
        await append(writer, 5)
        reader = Writer(store, clock=CLOCK, ids=IDS)
        state = State()
        follower = Follower(reader, state.apply, reset=state.reset)
        await follower.start()

        del store.commits[3:]
        await asyncio.sleep(10)

        trouble = follower.not_ready()
        assert trouble is not None
        assert "ahead of the log" in trouble
        assert state.numbers == [1, 2, 3, 4, 5, 6]
        await follower.stop()

    run_virtual(scenario())


def test_a_log_that_leaves_a_commit_out_is_not_followed_past_it() -> None:
    async def scenario() -> None:
        store = MemoryStore()
        writer = await a_writer(FaultyStore(store))
        await append(writer, 5)
        kept, store.commits[:] = list(store.commits), [*store.commits[:2], *store.commits[3:]]
        state = State()
        follower = Follower(Writer(store, clock=CLOCK, ids=IDS), state.apply, reset=state.reset)
        starting = asyncio.ensure_future(follower.start())
        await asyncio.sleep(10)
        assert state.numbers == [1, 2]
        assert "commit 4 after commit 2" in (follower.not_ready() or "")

        store.commits[:] = kept
        await starting

        assert state.numbers == [1, 2, 3, 4, 5, 6]
        await follower.stop()

    run_virtual(scenario())


def test_a_log_that_is_away_at_the_start_is_waited_for() -> None:
    async def scenario() -> None:
        store = FaultyStore(MemoryStore())
        writer = await a_writer(store)
        await append(writer, 2)
        store.away = True
        reader = Writer(store, clock=CLOCK, ids=IDS)
        state = State()
        follower = Follower(reader, state.apply, reset=state.reset)
        starting = asyncio.ensure_future(follower.start())
        await asyncio.sleep(60)
        assert not starting.done()
        assert follower.not_ready() is not None

        store.away = False
        await starting

        assert state.numbers == [1, 2, 3]
        await follower.stop()

    run_virtual(scenario())
