"""A RabbitMQ of three nodes loses the one that leads, again and again, while runs go through."""

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
from tests.chaos.busy import Busy
from tests.chaos.oracle import Oracle, Outsider
from tests.chaos.users import Users
from tests.end_to_end.client import Client
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.fixtures import Database

pytestmark = pytest.mark.chaos

#: Seconds from the end of the leader's node until a run that is submitted then has started.
GOES_ON = 15.0


@pytest.fixture
def cluster() -> Iterator[RabbitCluster]:
    assert rabbitmq.program() is not None, f"no rabbitmq-server; {command_for('rabbitmq')}"
    cluster = RabbitCluster(fresh_directory("rabbitmq-cluster"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.discard()


def test_the_node_that_leads_is_killed_under_load_and_nothing_is_lost_nor_happens_twice(
    cluster: RabbitCluster, mongo_database: Database, tmp_path: Path
) -> None:
    vhost = f"cluster-{uuid4().hex[:8]}"
    broker = Broker(cluster.url, cluster.nodes[0].management_url)
    broker.add_vhost(vhost)
    marks = tmp_path / "marks"
    marks.mkdir(mode=0o777)
    with five_services(
        tmp_path / "services", broker, vhost, mongo_database.url, mongo_database.name
    ) as services:
        outsider = Outsider(broker, vhost)
        services.start()
        keys = services.installation.keys
        users = Users(services.installation.url, keys.admin_token, marks)
        oracle = Oracle(mongo_database, users, marks, outsider)
        took = []
        with Busy(users) as busy:
            for _ in range(2):
                busy.more(2)
                leader, other = _leader(cluster, vhost)
                outsider.broker = Broker(cluster.url, other.management_url)
                leader.kill()
                took.append(_goes_on(Client(services.installation.url, keys.admin_token)))
                busy.more(2)
                leader.start()

        users.settle()
        oracle.judge()
        print(f"went on after {took} s, with {len(users.wishes)} runs meanwhile")
        assert max(took) <= GOES_ON


def _leader(cluster: RabbitCluster, vhost: str) -> tuple[RabbitMQ, RabbitMQ]:
    """The node that leads the queue of facts, and another one."""
    asked = Broker(cluster.url, cluster.nodes[0].management_url)
    name = asked.call("GET", f"/api/queues/{quote(vhost, safe='')}/{topology.FACTS.name}")["leader"]
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
