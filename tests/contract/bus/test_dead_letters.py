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
        assert await bus.dead_letters.peek(FACTS) == [
            DeadLetter(message, "log.facts", "never") for message in sent
        ]
    assert await bus.dead_letters.peek(FACTS, limit=1) == [DeadLetter(sent[0], "log.facts", "never")]
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


async def test_what_failed_too_often_says_how_it_failed_at_last(rig: Rig) -> None:
    bus = await rig.connect()
    await bus.consume(FACTS, Inbox(lambda _: ValueError("no such host")))
    await bus.publish(Exchange.FACTS, "log", Message(b"1"), mandatory=True)
    await dead_letters_are(bus, 1)
    (letter,) = await bus.dead_letters.peek(FACTS)
    assert letter.reason == "failed 5 times: ValueError('no such host')"


async def test_one_is_discarded_and_the_others_stay(rig: Rig) -> None:
    bus = await rig.connect()
    await bury(bus, [Message(b"first", message_id="1"), Message(b"second", message_id="2")])
    _, second = await bus.dead_letters.peek(FACTS)
    assert await bus.dead_letters.discard(FACTS, second.id)
    assert not await bus.dead_letters.discard(FACTS, second.id)
    assert [letter.message.body for letter in await bus.dead_letters.peek(FACTS)] == [b"first"]


async def test_two_letters_are_told_apart_by_what_they_say(rig: Rig) -> None:
    bus = await rig.connect()
    said = [("a", b"1"), ("b", b"1"), ("b", b"2"), ("a", b"1")]
    await bury(bus, [Message(body, message_id=id_) for id_, body in said])
    first, *others, last = [letter.id for letter in await bus.dead_letters.peek(FACTS)]
    assert first == last
    assert len({first, *others}) == 3


async def bury(bus: BusUnderTest, messages: list[Message]) -> None:
    subscription = await bus.consume(FACTS, Inbox(lambda _: Rejected("never")))
    for message in messages:
        await bus.publish(Exchange.FACTS, "log", message, mandatory=True)
    await dead_letters_are(bus, len(messages))
    await subscription.cancel()
