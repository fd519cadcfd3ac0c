"""Looking at dead letters, and trying them again."""

from runfold.bus.dead_letters import DeadLetter
from runfold.bus.port import Message, Rejected
from runfold.bus.topology import FACTS, Exchange
from tests.contract.bus.inbox import Inbox, dead_letters_are
from tests.contract.bus.rigs import BusUnderTest, Rig


async def test_without_a_failure_there_are_none(rig: Rig) -> None:
    bus = await rig.connect()
    assert await bus.dead_letters.count(FACTS) == 0
    assert await bus.dead_letters.peek(FACTS) == []
    assert await bus.dead_letters.replay(FACTS) == 0


async def test_they_are_shown_as_they_were_published_and_stay(rig: Rig) -> None:
    bus = await rig.connect()
    sent = [Message(b"first", {"attempt_id": "a"}, message_id="1"), Message(b"second", message_id="2")]
    await bury(bus, sent)
    for _ in range(3):
        assert await bus.dead_letters.peek(FACTS) == [DeadLetter(message, "log.facts") for message in sent]
    assert await bus.dead_letters.peek(FACTS, limit=1) == [DeadLetter(sent[0], "log.facts")]
    assert await bus.dead_letters.count(FACTS) == 2


async def test_replayed_they_reach_the_handler_as_new_ones(rig: Rig) -> None:
    bus = await rig.connect()
    sent = [Message(b"first", {"attempt_id": "a"}, message_id="1"), Message(b"second", message_id="2")]
    await bury(bus, sent)
    inbox = Inbox()
    await bus.consume(FACTS, inbox)
    assert await bus.dead_letters.replay(FACTS) == 2
    await inbox.holds(2)
    assert inbox.messages == sent
    assert await bus.dead_letters.count(FACTS) == 0


async def test_what_fails_again_is_a_dead_letter_again(rig: Rig) -> None:
    bus = await rig.connect()
    await bury(bus, [Message(b"1"), Message(b"2")])
    await bus.consume(FACTS, Inbox(lambda _: Rejected("still")))
    assert await bus.dead_letters.replay(FACTS) == 2
    await dead_letters_are(bus, 2)


async def test_replay_takes_the_oldest_first(rig: Rig) -> None:
    bus = await rig.connect()
    await bury(bus, [Message(b"old", message_id="1"), Message(b"new", message_id="2")])
    assert await bus.dead_letters.replay(FACTS, limit=1) == 1
    assert [letter.message.body for letter in await bus.dead_letters.peek(FACTS)] == [b"new"]


async def bury(bus: BusUnderTest, messages: list[Message]) -> None:
    subscription = await bus.consume(FACTS, Inbox(lambda _: Rejected("never")))
    for message in messages:
        await bus.publish(Exchange.FACTS, "log", message, mandatory=True)
    await dead_letters_are(bus, len(messages))
    await subscription.cancel()
