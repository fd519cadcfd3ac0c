"""What the broker lets each user do, as infra/broker/permissions.json says."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused

from infra.distributed import broker as users
from infra.distributed.installation import Keys
from tests.servers import Broker


@pytest.fixture
def addresses(broker: Broker, vhost: str) -> Iterator[dict[str, str]]:
    """AMQP address of each user, on a virtual host of this test."""
    passwords, prefix = Keys().broker_passwords, f"{vhost}-"
    users.install(broker.management_url, users.definitions(passwords, vhost, prefix))
    yield users.addresses(broker.url, passwords, vhost, prefix)
    for name in passwords:
        broker.remove_user(f"{prefix}{name}")


@asynccontextmanager
async def channel_of(url: str) -> AsyncIterator[AbstractChannel]:
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        yield channel


async def test_an_outsider_receives_what_the_log_service_publishes(addresses: dict[str, str]) -> None:
    async with channel_of(addresses["outsider"]) as outside, channel_of(addresses["log"]) as log:
        queue = await outside.declare_queue(exclusive=True)
        await queue.bind("runfold.events", "run.*")
        events = await log.get_exchange("runfold.events", ensure=False)
        await events.publish(aio_pika.Message(b"{}"), "run.RunSubmitted")
        assert (await queue.get(timeout=60)).body == b"{}"


@pytest.mark.parametrize("exchange", ["runfold.events", "runfold.facts", "runfold.commits", ""])
async def test_an_outsider_publishes_nothing(addresses: dict[str, str], exchange: str) -> None:
    async with channel_of(addresses["outsider"]) as channel:
        to = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        with pytest.raises(ChannelAccessRefused):
            await to.publish(aio_pika.Message(b"forged"), "log.facts")


async def test_an_outsider_does_not_hear_commits(addresses: dict[str, str]) -> None:
    async with channel_of(addresses["outsider"]) as channel:
        queue = await channel.declare_queue(exclusive=True)
        with pytest.raises(ChannelAccessRefused):
            await queue.bind("runfold.commits")


@pytest.mark.parametrize("service", ["gateway", "scheduler", "provisioner"])
async def test_a_follower_hears_commits_and_sends_no_work(addresses: dict[str, str], service: str) -> None:
    async with channel_of(addresses[service]) as channel:
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("runfold.commits")
        work = await channel.get_exchange("runfold.work", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await work.publish(aio_pika.Message(b"forged"), "host")


async def test_an_executor_takes_work_and_tells_facts_and_no_more(addresses: dict[str, str]) -> None:
    async with channel_of(addresses["executor"]) as channel:
        queue = await channel.declare_queue("executor.host", exclusive=True)
        await queue.bind("runfold.work", "host")
        facts = await channel.get_exchange("runfold.facts", ensure=False)
        await facts.publish(aio_pika.Message(b"fact"), "log", mandatory=False)
        events = await channel.get_exchange("runfold.events", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await events.publish(aio_pika.Message(b"forged"), "run.RunSubmitted")
