"""What a follower does with messages, and for those who wait for it."""

import asyncio

from runfold.contracts.envelope import Commit, encode_commit
from runfold.eventlog.follow import Follower
from tests.contract.eventlog.given import an_append
from tests.unit.eventlog.folding import Feed, Sent, State, a_writer, append
from tests.unit.service.virtual_time import run_virtual


def test_a_commit_that_no_message_told_of_is_found_within_a_second() -> None:
    async def scenario() -> None:
        writer, state, feed = await a_writer(), State(), Feed()
        follower = Follower(writer, state.apply, reset=state.reset, bus=feed, queue="mine")
        await follower.start()
        loop = asyncio.get_running_loop()
        began = loop.time()

        appended = await writer.append(an_append())
        await follower.reached(appended.last)

        assert loop.time() - began <= 1.1
        await follower.stop()

    run_virtual(scenario())


def test_without_a_broker_news_come_by_long_poll_at_once() -> None:
    async def scenario() -> None:
        writer, state, feed = await a_writer(), State(), Feed()
        feed.connected = False
        follower = Follower(writer, state.apply, reset=state.reset, bus=feed, queue="mine")
        await follower.start()
        loop = asyncio.get_running_loop()
        began = loop.time()

        appended = await writer.append(an_append())
        await follower.reached(appended.last)

        assert loop.time() - began < 0.1
        await follower.stop()

    run_virtual(scenario())


def test_messages_that_are_no_commits_hurt_nothing() -> None:
    async def scenario() -> None:
        writer, state, feed = await a_writer(), State(), Feed()
        follower = Follower(writer, state.apply, reset=state.reset, bus=feed, queue="mine")
        await follower.start()

        for body in (b"", b"nonsense", b"{}", b'{"number": "x"}'):
            await feed.handler(Sent(body))
        await append(writer, 2)
        await follower.fresh()

        assert state.numbers == [1, 2, 3]
        await follower.stop()

    run_virtual(scenario())


def test_messages_of_another_log_are_not_folded() -> None:
    async def scenario() -> None:
        writer, other, state, feed = await a_writer(), await a_writer(), State(), Feed()
        await append(other, 3)
        follower = Follower(writer, state.apply, reset=state.reset, bus=feed, queue="mine")
        await follower.start()

        for foreign in await other.read(0):
            await feed.handler(Sent(encode_commit(foreign.record)))
        await asyncio.sleep(5)
        assert state.numbers == [1]
        await append(writer, 1)
        await follower.reached((await writer.head()).position)

        assert state.numbers == [1, 2]
        assert follower.not_ready() is None
        await follower.stop()

    run_virtual(scenario())


def test_who_waits_for_a_position_goes_on_when_it_is_folded_and_not_before() -> None:
    async def scenario() -> None:
        writer, state = await a_writer(), State()
        follower = Follower(writer, state.apply, reset=state.reset)
        await follower.start()
        waits = [asyncio.ensure_future(follower.reached(position)) for position in (4, 2, 3, 1)]
        waits[2].cancel()

        await append(writer, 1)
        await follower.reached(2)
        await asyncio.sleep(0)

        assert [wait.done() for wait in waits] == [False, True, True, True]
        await append(writer, 2)
        await waits[0]
        await follower.stop()

    run_virtual(scenario())


def test_catching_up_lets_others_run() -> None:
    async def scenario() -> None:
        writer = await a_writer()
        await append(writer, 300)
        loop = asyncio.get_running_loop()
        turns = 0

        def slow(commit: Commit) -> None:
            # As if folding one commit took two milliseconds.
            loop._jumping.now += 0.002  # type: ignore[attr-defined]

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        state = State(slow)
        running = asyncio.ensure_future(other())
        follower = Follower(writer, state.apply, reset=state.reset)
        await follower.start()
        running.cancel()

        assert turns > 50
        await follower.stop()

    run_virtual(scenario())
