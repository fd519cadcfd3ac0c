"""The broker goes and comes back: all goes on by itself."""

import pytest

from runfold.bus.port import Bus, BusUnavailable, Message
from runfold.bus.topology import FACTS, Exchange, work
from tests.contract.bus.inbox import Held, Inbox, is_routable, publish
from tests.contract.bus.rigs import Rig
from tests.contract.bus.waiting import until


async def test_without_a_broker_publishing_fails_at_once(rig: Rig) -> None:
    bus = await rig.connect()
    await rig.lose()
    await until(lambda: not bus.connected)
    with pytest.raises(BusUnavailable):
        await bus.publish(Exchange.FACTS, "log", Message(b""))


async def test_a_closed_bus_publishes_no_more(rig: Rig) -> None:
    bus = await rig.connect()
    await bus.close()
    assert not bus.connected
    with pytest.raises(BusUnavailable):
        await bus.publish(Exchange.FACTS, "log", Message(b""))


async def test_consumers_go_on_when_the_broker_is_back(rig: Rig) -> None:
    bus, durable, exclusive = await rig.connect(), Inbox(), Inbox()
    await bus.consume(FACTS, durable)
    await bus.consume(work("host"), exclusive)
    await outage(rig, bus)
    await publish(bus, "fact")
    await durable.holds(1)
    await until(lambda: is_routable(bus, Exchange.WORK, "host"))
    await exclusive.holds(1)


async def test_what_was_in_hand_comes_again(rig: Rig) -> None:
    bus, held = await rig.connect(), Held()
    await bus.consume(FACTS, held)
    await publish(bus, "fact")
    await held.holds(1)
    await outage(rig, bus)
    await held.holds(2)
    assert held.bodies == [b"fact", b"fact"]
    # The handler of the lost delivery ends too, and that acknowledges nothing and disturbs nothing.
    held.released.set()
    await publish(bus, "next")
    await held.holds(3)
    assert held.bodies == [b"fact", b"fact", b"next"]


async def test_who_consumes_without_a_broker_does_so_when_it_is_back(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox()
    await rig.lose()
    await until(lambda: not bus.connected)
    await bus.consume(FACTS, inbox)
    await rig.mend()
    await until(lambda: bus.connected)
    await until(lambda: is_routable(bus, Exchange.FACTS, "log"))
    await inbox.holds(1)


async def test_whoever_asked_is_told_of_each_connection_once_its_queues_stand(rig: Rig) -> None:
    bus, inbox, told = await rig.connect(), Inbox(), Inbox()
    await bus.consume(work("host"), inbox)

    async def announce() -> None:
        await bus.publish(Exchange.WORK, "host", Message(b"to myself"), mandatory=True)
        await told(Message(b""))

    bus.on_connected(announce)
    await told.holds(1)
    await outage(rig, bus)
    await told.holds(2)
    await inbox.holds(2)


async def test_a_callback_that_fails_hinders_no_other(rig: Rig) -> None:
    bus, told = await rig.connect(), Inbox()

    async def fail() -> None:
        raise OSError("not my day")

    bus.on_connected(fail)
    bus.on_connected(lambda: told(Message(b"")))
    await told.holds(1)
    await outage(rig, bus)
    await told.holds(2)


async def outage(rig: Rig, bus: Bus) -> None:
    await rig.lose()
    await until(lambda: not bus.connected)
    await rig.mend()
    await until(lambda: bus.connected)
