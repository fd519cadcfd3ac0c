"""What only a real broker does: permissions, pressure, freezing, and operators."""

import asyncio
from urllib.parse import quote, urlsplit

import aio_pika
import pytest

from infra.testservers.program import free_ports
from runfold.bus.adapters.rabbitmq import RabbitBus, Timings
from runfold.bus.port import Bus, BusUnavailable, Message
from runfold.bus.topology import FACTS, Exchange, work
from tests.contract.bus.inbox import Inbox, is_routable, publish
from tests.contract.bus.rigs import QUICK, RabbitRig
from tests.contract.bus.waiting import until
from tests.servers import Broker

IMPATIENT = Timings(publish=0.3, first_pause=0.02, longest_pause=0.1, grace=0.2)


async def test_who_may_make_nothing_uses_what_is_there(rabbit: RabbitRig, broker: Broker, vhost: str) -> None:
    facts, commands = Inbox(), Inbox()
    log = await rabbit.connect()
    await log.consume(FACTS, facts)
    await is_routable(log, Exchange.WORK, "host")
    executor = await rabbit.connect_to(executor_url(broker, vhost))
    await executor.consume(work("host"), commands)
    await publish(executor, "announced")
    assert await is_routable(log, Exchange.WORK, "host")
    await facts.holds(1)
    await commands.holds(1)


async def test_what_one_may_not_do_fails_alone(rabbit: RabbitRig, broker: Broker, vhost: str) -> None:
    log, facts = await rabbit.connect(), Inbox()
    await log.consume(FACTS, facts)
    await log.publish(Exchange.COMMITS, "", Message(b""))
    executor = await rabbit.connect_to(executor_url(broker, vhost))
    with pytest.raises(BusUnavailable, match=r"(?i)refused"):
        await executor.publish(Exchange.COMMITS, "", Message(b"forged"))
    await publish(executor, "honest")
    await facts.holds(1)


async def test_the_broker_checks_who_sent_a_message(rabbit: RabbitRig, broker: Broker, vhost: str) -> None:
    log, facts = await rabbit.connect(), Inbox()
    await log.consume(FACTS, facts)
    executor = await rabbit.connect_to(executor_url(broker, vhost))
    with pytest.raises(BusUnavailable, match="user_id"):
        await executor.publish(Exchange.FACTS, "log", Message(b"", user_id="somebody"))
    await executor.publish(Exchange.FACTS, "log", Message(b"", user_id=f"executor-{vhost}"))
    await facts.holds(1)
    assert facts.messages[0].user_id == f"executor-{vhost}"


async def test_a_blocked_publisher_waits_and_then_gives_up(rabbit: RabbitRig, amqp_url: str) -> None:
    bus, facts = await rabbit.connect_to(amqp_url, IMPATIENT), Inbox()
    await bus.consume(FACTS, facts)
    await publish_at_last(bus, "before")
    rabbit.proxy.block(b"runfold out")
    for _ in range(2):
        with pytest.raises(BusUnavailable):
            await publish(bus, "meanwhile")
    rabbit.proxy.unblock(b"runfold out")
    await publish_at_last(bus, "after")
    await until(lambda: facts.bodies[-1] == b"after")


async def test_consumers_go_on_while_publishers_are_blocked(rabbit: RabbitRig, amqp_url: str) -> None:
    bus, other, facts = await rabbit.connect_to(amqp_url, IMPATIENT), RabbitBus(amqp_url), Inbox()
    await other.open()
    await bus.consume(FACTS, facts)
    await publish_at_last(bus, "before")
    rabbit.proxy.block(b"runfold out")
    # More than fit into the prefetch: they only come if acknowledgements get through.
    await asyncio.gather(*(publish(other, str(number)) for number in range(200)))
    await facts.holds(201)
    await other.close()
    rabbit.proxy.unblock(b"runfold out")


async def test_with_the_broker_frozen_publishing_gives_up_and_goes_on_when_it_thaws(
    rabbit: RabbitRig, amqp_url: str
) -> None:
    bus, facts = await rabbit.connect_to(amqp_url, IMPATIENT), Inbox()
    await bus.consume(FACTS, facts)
    await publish_at_last(bus, "before")
    rabbit.proxy.freeze()
    outcomes = await asyncio.gather(*(publish(bus, "in doubt") for _ in range(300)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {BusUnavailable}
    rabbit.proxy.thaw()
    await publish_at_last(bus, "after")
    await until(lambda: facts.bodies[-1] == b"after")


async def test_a_queue_made_otherwise_is_used_as_it_is(rabbit: RabbitRig, amqp_url: str) -> None:
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await channel.declare_queue(FACTS.name, durable=True)
    bus, facts = await rabbit.connect(), Inbox()
    await bus.consume(FACTS, facts)
    await publish(bus, "all the same")
    await facts.holds(1)


async def test_a_queue_that_an_operator_deleted_is_made_again(
    rabbit: RabbitRig, broker: Broker, vhost: str
) -> None:
    bus, facts = await rabbit.connect(), Inbox()
    await bus.consume(FACTS, facts)
    broker.call("DELETE", f"/api/queues/{quote(vhost, safe='')}/{FACTS.name}")
    await until(lambda: is_routable(bus, Exchange.FACTS, "log"))
    await facts.holds(1)


async def test_without_any_broker_it_opens_and_says_why_it_is_not_connected() -> None:
    bus = RabbitBus("amqp://guest:guest@127.0.0.1:1/", timings=Timings(connect=0.1))
    await bus.open()
    assert not bus.connected
    assert bus.trouble is not None
    with pytest.raises(BusUnavailable):
        await bus.dead_letters.count(FACTS)
    await bus.close()


async def publish_at_last(bus: Bus, body: str) -> None:
    """Again and again: to an impatient one, a broker that is merely busy is away."""

    async def is_published() -> bool:
        try:
            await publish(bus, body)
        except BusUnavailable:
            return False
        return True

    await until(is_published)


async def test_where_one_node_of_the_broker_is_away_another_is_taken(
    rabbit: RabbitRig, amqp_url: str
) -> None:
    """An address at which nobody is stands for the node that is away, a proxy for one that goes."""
    facts = Inbox()
    (nobody,) = free_ports(1)
    away = amqp_url.replace(f":{urlsplit(amqp_url).port}/", f":{nobody}/")
    bus = RabbitBus(f"{away}, {rabbit.through_proxy(amqp_url)},{amqp_url}", timings=QUICK)
    await bus.open()
    await until(lambda: bus.connected)
    await bus.consume(FACTS, facts)

    await rabbit.proxy.cut()
    await until(lambda: not bus.connected)
    await until(lambda: bus.connected)
    await publish_at_last(bus, "by another way")
    await facts.holds(1)
    await bus.close()


def test_a_broker_without_an_address_is_no_broker() -> None:
    with pytest.raises(ValueError, match="no address"):
        RabbitBus(" , ")


def executor_url(broker: Broker, vhost: str) -> str:
    """A user with no more rights than an executor needs."""
    return broker.add_user(
        vhost,
        f"executor-{vhost}",
        configure=r"^executor\..*$",
        write=r"^(executor\..*|runfold\.facts|runfold\.output)$",
        read=r"^(executor\..*|runfold\.work)$",
    )
