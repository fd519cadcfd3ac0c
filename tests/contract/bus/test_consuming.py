"""How messages reach a handler, and what becomes of those that it doesn't take."""

import asyncio

import pytest

from runfold.bus.port import Message, Postponed, Rejected, Unroutable
from runfold.bus.topology import FACTS, MIB, Exchange, Queue, follower, work
from tests.contract.bus.inbox import Held, Inbox, dead_letters_are, is_routable, publish
from tests.contract.bus.rigs import Rig
from tests.contract.bus.waiting import until


async def test_messages_of_one_queue_begin_in_order(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox()
    await bus.consume(FACTS, inbox)
    for number in range(300):
        await publish(bus, str(number))
    await inbox.holds(300)
    assert inbox.bodies == [str(number).encode() for number in range(300)]


async def test_no_more_are_in_hand_than_the_prefetch_allows(rig: Rig) -> None:
    bus, held = await rig.connect(), Held()
    await bus.consume(Queue("executor.few", Exchange.WORK, "few", exclusive=True, prefetch=3), held)
    after = Inbox()
    await bus.consume(work("after"), after)
    for number in range(10):
        await bus.publish(Exchange.WORK, "few", Message(str(number).encode()), mandatory=True)
    await bus.publish(Exchange.WORK, "after", Message(b""))
    await after.holds(1)
    assert held.bodies == [b"0", b"1", b"2"]
    held.released.set()
    await held.holds(10)


async def test_a_message_that_fails_is_handed_over_again(rig: Rig) -> None:
    bus = await rig.connect()
    inbox = Inbox(lambda _: OSError("the first time") if len(inbox.messages) == 1 else None)
    await bus.consume(FACTS, inbox)
    await publish(bus, "stubborn")
    await inbox.holds(2)
    assert inbox.bodies == [b"stubborn", b"stubborn"]
    assert await bus.dead_letters.count(FACTS) == 0


async def test_after_five_failures_it_is_a_dead_letter(rig: Rig) -> None:
    bus = await rig.connect()
    inbox = Inbox(lambda message: OSError("always") if message.body == b"poison" else None)
    await bus.consume(FACTS, inbox)
    await publish(bus, "poison")
    await publish(bus, "good")
    await dead_letters_are(bus, 1)
    assert inbox.bodies.count(b"poison") == 5
    assert inbox.bodies.count(b"good") == 1


async def test_a_rejected_message_is_a_dead_letter_at_once(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox(lambda _: Rejected("no such thing"))
    await bus.consume(FACTS, inbox)
    await publish(bus, "nonsense")
    await dead_letters_are(bus, 1)
    assert inbox.bodies == [b"nonsense"]


async def test_a_postponed_message_waits_as_long_as_it_takes(rig: Rig) -> None:
    bus = await rig.connect()
    inbox = Inbox(lambda _: Postponed("no database") if len(inbox.messages) < 20 else None)
    await bus.consume(FACTS, inbox)
    await publish(bus, "early")
    await inbox.holds(20)
    assert await bus.dead_letters.count(FACTS) == 0


async def test_a_handler_that_waits_for_something_cancelled_has_failed(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox()

    async def waits_in_vain(message: Message) -> None:
        await inbox(message)
        if len(inbox.messages) == 1:
            gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            gone.cancel()
            await gone

    await bus.consume(FACTS, waits_in_vain)
    await publish(bus, "again")
    await inbox.holds(2)


async def test_what_a_follower_can_never_handle_is_dropped(rig: Rig) -> None:
    bus = await rig.connect()
    inbox = Inbox(lambda message: Rejected("what is this") if message.body == b"strange" else None)
    await bus.consume(follower("gateway"), inbox)
    for body in (b"strange", b"known"):
        await bus.publish(Exchange.COMMITS, "", Message(body))
    await inbox.holds(2)
    assert inbox.bodies == [b"strange", b"known"]


async def test_what_a_cancelled_consumer_holds_goes_to_the_next(rig: Rig) -> None:
    bus, held, next_one = await rig.connect(), Held(), Inbox()
    subscription = await bus.consume(FACTS, held)
    for number in range(3):
        await publish(bus, str(number))
    await held.holds(3)
    await subscription.cancel()
    await bus.consume(FACTS, next_one)
    await next_one.holds(3)
    assert next_one.bodies == [b"0", b"1", b"2"]


async def test_a_cancelled_consumer_ends_what_it_can_end_soon(rig: Rig) -> None:
    bus, held, next_one = await rig.connect(), Held(), Inbox()
    subscription = await bus.consume(FACTS, held)
    await publish(bus, "done")
    await held.holds(1)
    asyncio.get_running_loop().call_later(0.01, held.released.set)
    await subscription.cancel()
    await bus.consume(FACTS, next_one)
    await publish(bus, "new")
    await next_one.holds(1)
    assert next_one.bodies == [b"new"]


async def test_a_handler_may_cancel_its_own_subscription(rig: Rig) -> None:
    bus, handled = await rig.connect(), asyncio.Event()

    async def only_once(message: Message) -> None:
        await subscription.cancel()
        handled.set()

    subscription = await bus.consume(FACTS, only_once)
    await publish(bus, "the last")
    async with asyncio.timeout(60):
        await handled.wait()


async def test_a_follower_that_lags_loses_the_oldest(rig: Rig) -> None:
    bus, held = await rig.connect(), Held()
    await bus.consume(Queue("", Exchange.COMMITS, exclusive=True, max_bytes=MIB, prefetch=1), held)
    for number in range(12):
        await bus.publish(Exchange.COMMITS, "", Message(bytes([number]) * (MIB // 4)))
    await held.holds(1)
    held.released.set()
    await until(lambda: held.bodies[-1][:1] == b"\x0b")
    numbers = [body[0] for body in held.bodies]
    assert numbers[0] == 0
    assert numbers == sorted(numbers)
    assert numbers[-1] == 11
    assert 3 <= len(numbers) <= 6


async def test_an_exclusive_queue_ends_with_its_connection(rig: Rig) -> None:
    mortal, other = await rig.connect(), await rig.connect()
    await mortal.consume(work("host"), Inbox())
    await other.publish(Exchange.WORK, "host", Message(b""), mandatory=True)
    await mortal.close()
    with pytest.raises(Unroutable):
        await other.publish(Exchange.WORK, "host", Message(b""), mandatory=True)


async def test_an_exclusive_queue_that_is_taken_passes_to_who_waits_for_it(rig: Rig) -> None:
    first, second = await rig.connect(), await rig.connect()
    held, inbox = Inbox(), Inbox()
    await first.consume(work("host"), held)
    waiting = asyncio.create_task(second.consume(work("host"), inbox))
    await second.publish(Exchange.WORK, "host", Message(b"for the first"), mandatory=True)
    await held.holds(1)
    await first.close()
    await waiting
    await until(lambda: is_routable(second, Exchange.WORK, "host", b"for the second"))
    await inbox.holds(1)
    assert held.bodies == [b"for the first"]
