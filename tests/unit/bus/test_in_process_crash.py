"""A node of the simulation dies: its connection to the broker within the process ends with it."""

import asyncio

import pytest

from runfold.bus.adapters.in_process import InProcessBroker, InProcessBus
from runfold.bus.port import BusUnavailable, Message, Unroutable
from runfold.bus.topology import FACTS, Exchange, work


async def test_what_it_had_in_hand_goes_to_another_and_its_handlers_end() -> None:
    broker, ended, taken = InProcessBroker(), asyncio.Event(), asyncio.Event()
    dying, heir = InProcessBus(broker), InProcessBus(broker)

    async def never_ends(message: Message) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def take(message: Message) -> None:
        taken.set()

    await dying.consume(FACTS, never_ends)
    await heir.publish(Exchange.FACTS, "log", Message(b"fact"))
    await asyncio.sleep(0)
    dying.kill()
    await heir.consume(FACTS, take)
    await asyncio.wait_for(taken.wait(), 60)
    await asyncio.wait_for(ended.wait(), 60)
    await heir.close()


async def test_it_sends_nothing_more_and_its_exclusive_queues_are_gone() -> None:
    broker = InProcessBroker()
    dying, other = InProcessBus(broker), InProcessBus(broker)

    async def ignore(message: Message) -> None:
        return None

    await dying.consume(work("host"), ignore)
    dying.kill()
    with pytest.raises(BusUnavailable):
        await dying.publish(Exchange.FACTS, "log", Message(b""))
    with pytest.raises(Unroutable):
        await other.publish(Exchange.WORK, "host", Message(b""), mandatory=True)


async def test_a_publisher_that_never_waits_lets_consumers_run() -> None:
    bus, handled = InProcessBus(), list[bytes]()

    async def note(message: Message) -> None:
        handled.append(message.body)

    await bus.consume(FACTS, note)
    for _ in range(200):
        await bus.publish(Exchange.FACTS, "log", Message(b"fact"))
    assert len(handled) > 100
    await bus.close()
