"""A RabbitMQ of three nodes loses the one that leads, again and again, while runs go through."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from infra.testservers import rabbitmq
from infra.testservers.install import command_for
from infra.testservers.place import fresh_directory
from infra.testservers.rabbitmq import RabbitCluster, RabbitMQ
from runfold.bus import topology
from runfold.bus.adapters.rabbitmq import RabbitBus
from runfold.bus.port import Message
from tests.chaos.busy import Busy
from tests.chaos.oracle import Oracle, Outsider
from tests.chaos.users import Users
from tests.end_to_end.client import Client
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.fixtures import Database

pytestmark = pytest.mark.chaos

#: One for each test. They are there before the cluster is: RabbitMQ 3.10 may not answer, for more than half a minute,
#: who makes one in a cluster that has just come together.
SERVICES, BUS = "services", "bus"
#: Seconds from the end of the leader's node until a run that is submitted then has started.
GOES_ON = 15.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[RabbitCluster]:
    assert rabbitmq.program() is not None, f"no rabbitmq-server; {command_for('rabbitmq')}"
    cluster = RabbitCluster(fresh_directory("rabbitmq-cluster"))
    try:
        cluster.nodes[0].start()
        for vhost in (SERVICES, BUS):
            _asking(cluster.nodes[0]).add_vhost(vhost)
        cluster.start()
        yield cluster
    finally:
        cluster.discard()


async def test_with_the_node_that_leads_gone_all_queues_are_consumed_and_who_asked_is_told(
    cluster: RabbitCluster,
) -> None:
    cluster.start()
    bus = RabbitBus(",".join(Broker(node.url, "").address(BUS) for node in cluster.nodes), name="log")
    came: asyncio.Queue[bytes] = asyncio.Queue()
    connected = asyncio.Semaphore(0)

    async def handle(message: Message) -> None:
        came.put_nowait(message.body)

    async def tell() -> None:
        connected.release()

    consumed = (topology.FACTS, topology.OUTPUT, topology.METRICS)
    await bus.open()
    for queue in consumed:
        await bus.consume(queue, handle)
    bus.on_connected(tell)
    async with asyncio.timeout(60):
        await connected.acquire()
        leader, _ = await asyncio.to_thread(_leader, cluster, BUS)
        await asyncio.to_thread(leader.kill)

        await connected.acquire()
        for queue in consumed:
            await bus.publish(queue.exchange, queue.key, Message(queue.name.encode()), mandatory=True)
        assert {await came.get() for _ in consumed} == {queue.name.encode() for queue in consumed}
    await bus.close()


def test_the_node_that_leads_is_killed_under_load_and_nothing_is_lost_nor_happens_twice(
    cluster: RabbitCluster, mongo_database: Database, tmp_path: Path
) -> None:
    cluster.start()
    broker = Broker(cluster.url, cluster.nodes[0].management_url)
    marks = tmp_path / "marks"
    marks.mkdir(mode=0o777)
    with five_services(
        tmp_path / "services", broker, SERVICES, mongo_database.url, mongo_database.name
    ) as services:
        outsider = Outsider(broker, SERVICES)
        services.start()
        keys = services.installation.keys
        users = Users(services.installation.url, keys.admin_token, marks)
        oracle = Oracle(mongo_database, users, marks, outsider)
        took = []
        with Busy(users) as busy:
            for _ in range(2):
                busy.more(2)
                leader, other = _leader(cluster, SERVICES)
                outsider.broker = _asking(other)
                leader.kill()
                took.append(_goes_on(Client(services.installation.url, keys.admin_token)))
                busy.more(2)
                leader.start()

        users.settle()
        oracle.judge()
        print(f"went on after {took} s, with {len(users.wishes)} runs meanwhile")
        assert max(took) <= GOES_ON


def _asking(node: RabbitMQ) -> Broker:
    return Broker(node.url, node.management_url)


def _leader(cluster: RabbitCluster, vhost: str) -> tuple[RabbitMQ, RabbitMQ]:
    """The node that leads the queue of facts, and another one."""
    path = f"/api/queues/{quote(vhost, safe='')}/{topology.FACTS.name}"
    name = _asking(cluster.nodes[0]).call("GET", path)["leader"]
    leader = next(node for node in cluster.nodes if node.node == name)
    return leader, next(node for node in cluster.nodes if node is not leader)


def _goes_on(client: Client) -> float:
    """Seconds until a run that is submitted now has started."""
    began = time.monotonic()
    name = f"after-{uuid4().hex[:8]}"
    attempt_id = client.insist("true", name=name)["jobs"][0]["job_submissions"][-1]["id"]
    next(e for e in client.events("job.AttemptStarted") if e["data"]["attempt_id"] == attempt_id)
    took = time.monotonic() - began
    client.wait_for(name)
    return took
