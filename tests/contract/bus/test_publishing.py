"""What a publisher is told, and where its messages go."""

import asyncio

import pytest

from runfold.bus.port import Bus, Message, Refused, Unroutable
from runfold.bus.topology import FACTS, MIB, Exchange, Queue, follower, work
from tests.contract.bus.inbox import Inbox
from tests.contract.bus.rigs import Rig
from tests.contract.bus.waiting import until


async def test_a_message_arrives_as_it_was_published(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox()
    await bus.consume(FACTS, inbox)
    sent = Message(b"\x00body", {"position": 7, "ce-type": "x"}, "application/octet-stream", "an-id")
    await bus.publish(Exchange.FACTS, "log", sent, mandatory=True)
    await inbox.holds(1)
    assert inbox.messages == [sent]


async def test_a_direct_exchange_asks_for_the_very_key(rig: Rig) -> None:
    bus, one, two = await rig.connect(), Inbox(), Inbox()
    await bus.consume(work("one"), one)
    await bus.consume(work("two"), two)
    await bus.publish(Exchange.WORK, "two", Message(b"2"))
    await bus.publish(Exchange.WORK, "one", Message(b"1"))
    await one.holds(1)
    await two.holds(1)
    assert (one.bodies, two.bodies) == ([b"1"], [b"2"])


async def test_every_follower_gets_every_commit(rig: Rig) -> None:
    followers = [Inbox(), Inbox(), Inbox()]
    for inbox in followers:
        await (await rig.connect()).consume(follower("scheduler"), inbox)
    publisher = await rig.connect()
    for number in range(10):
        await publisher.publish(Exchange.COMMITS, "", Message(str(number).encode()))
    for inbox in followers:
        await inbox.holds(10)
        assert inbox.bodies == [str(number).encode() for number in range(10)]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("run.*", [b"run.RunSubmitted", b"run.RunFinished"]),
        ("*.JobFinished", [b"job.JobFinished"]),
        ("#", [b"run.RunSubmitted", b"job.JobFinished", b"run.RunFinished"]),
        ("run", []),
    ],
)
async def test_outsiders_bind_by_pattern(rig: Rig, pattern: str, wanted: list[bytes]) -> None:
    bus, inbox, all_of_them = await rig.connect(), Inbox(), Inbox()
    await bus.consume(Queue("", Exchange.EVENTS, pattern, exclusive=True), inbox)
    await bus.consume(Queue("", Exchange.EVENTS, "#", exclusive=True), all_of_them)
    for key in ("run.RunSubmitted", "job.JobFinished", "run.RunFinished"):
        await bus.publish(Exchange.EVENTS, key, Message(key.encode()))
    await all_of_them.holds(3)
    await inbox.holds(len(wanted))
    assert inbox.bodies == wanted


async def test_a_mandatory_message_that_no_queue_wants_is_unroutable(rig: Rig) -> None:
    bus = await rig.connect()
    with pytest.raises(Unroutable):
        await bus.publish(Exchange.WORK, "nobody", Message(b""), mandatory=True)


async def test_an_optional_message_that_no_queue_wants_is_gone(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox()
    await bus.publish(Exchange.WORK, "late", Message(b"before"))
    await bus.consume(work("late"), inbox)
    await bus.publish(Exchange.WORK, "late", Message(b"after"), mandatory=True)
    await inbox.holds(1)
    assert inbox.bodies == [b"after"]


async def test_of_two_messages_with_one_id_each_is_told_its_own_fate(rig: Rig) -> None:
    bus = await rig.connect()
    await bus.consume(FACTS, Inbox())
    same = Message(b"", message_id="same")
    outcomes = await asyncio.gather(
        bus.publish(Exchange.WORK, "nobody", same, mandatory=True),
        bus.publish(Exchange.FACTS, "log", same, mandatory=True),
        bus.publish(Exchange.WORK, "nobody", same, mandatory=True),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Unroutable, type(None), Unroutable]


async def test_messages_in_flight_at_once_arrive_in_the_order_of_the_calls(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox()
    await bus.consume(FACTS, inbox)
    bodies = [str(number).encode() for number in range(600)]
    flights = [bus.publish(Exchange.FACTS, "log", Message(body), mandatory=True) for body in bodies]
    await asyncio.gather(*flights)
    await inbox.holds(600)
    assert inbox.bodies == bodies


async def test_a_full_queue_refuses_until_someone_takes_from_it(rig: Rig) -> None:
    queue = Queue("log.small", Exchange.FACTS, "small", quorum=True, max_bytes=MIB, overflow="reject-publish")
    bus, inbox = await rig.connect(), Inbox()
    await (await bus.consume(queue, inbox)).cancel()
    quarter = Message(bytes(MIB // 4))
    accepted = 0
    while accepted < 100 and not await _is_refused(bus, quarter):
        accepted += 1
    assert 3 <= accepted < 100
    await bus.consume(queue, inbox)
    await inbox.holds(accepted)
    await until(lambda: _is_accepted(bus, quarter))


async def _is_accepted(bus: Bus, message: Message) -> bool:
    return not await _is_refused(bus, message)


async def _is_refused(bus: Bus, message: Message) -> bool:
    try:
        await bus.publish(Exchange.FACTS, "small", message)
    except Refused:
        return True
    return False
