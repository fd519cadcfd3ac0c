"""The real parts can be had, shared, and broken."""

import json
import subprocess
from pathlib import Path

import aio_pika
import aiormq.exceptions
import pymongo
import pytest

from tests.servers import Breakable, Broker
from tests.servers.fixtures import Database, Engine
from tests.servers.lookup import shared_server


async def test_a_vhost_takes_messages_of_its_own(amqp_url: str) -> None:
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue("q")
        await channel.default_exchange.publish(aio_pika.Message(b"hello"), "q")
        message = await queue.get()
        assert message.body == b"hello"


async def test_a_user_can_do_what_was_allowed_and_no_more(broker: Broker, vhost: str) -> None:
    url = broker.add_user(vhost, f"reader-{vhost}", configure="^own", write="^own", read="")
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        await channel.declare_queue("own")
        with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
            await channel.declare_queue("other")


async def test_what_is_durable_outlives_a_killed_broker(breakable_broker: Breakable) -> None:
    connection = await aio_pika.connect(breakable_broker.url)
    async with connection, connection.channel() as channel:
        queue = await channel.declare_queue("durable", durable=True, arguments={"x-queue-type": "quorum"})
        await channel.default_exchange.publish(
            aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT), "durable"
        )
    breakable_broker.kill()
    assert not breakable_broker.running
    breakable_broker.start()
    connection = await aio_pika.connect(breakable_broker.url)
    async with connection, connection.channel() as channel:
        queue = await channel.get_queue("durable")
        message = await queue.get()
        assert message.body == b"kept"


def test_a_number_is_taken_once_and_outlives_a_killed_database(breakable_mongo: Breakable) -> None:
    with pymongo.MongoClient[dict[str, object]](breakable_mongo.url) as client:
        client["killed"]["numbers"].insert_one({"_id": 1})
    breakable_mongo.kill()
    breakable_mongo.start()
    with pymongo.MongoClient[dict[str, object]](breakable_mongo.url) as client:
        with pytest.raises(pymongo.errors.DuplicateKeyError):
            client["killed"]["numbers"].insert_one({"_id": 1})
        client.drop_database("killed")


def test_databases_of_two_tests_are_two(mongo_database: Database) -> None:
    with pymongo.MongoClient[dict[str, object]](mongo_database.url) as client:
        assert client[mongo_database.name]["numbers"].find_one() is None


def test_the_shell_image_runs(docker_engine: Engine) -> None:
    command = [
        "docker",
        "--host",
        docker_engine.url,
        "run",
        "--rm",
        "--network",
        "none",
        docker_engine.shell_image,
    ]
    ran = subprocess.run([*command, "echo", "hello"], capture_output=True, text=True, check=False)
    assert ran.stdout == "hello\n", ran.stderr


def test_a_container_outlives_a_killed_engine(breakable_docker: Breakable) -> None:
    docker = ["docker", "--host", breakable_docker.url]
    run = [*docker, "run", "--detach", "--network", "none", "local/busybox:1", "sleep", "60"]
    identity = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    breakable_docker.kill()
    breakable_docker.start()
    seen = subprocess.run([*docker, "inspect", identity], capture_output=True, text=True, check=True)
    assert json.loads(seen.stdout)[0]["State"]["Running"]


def test_the_last_user_of_a_shared_server_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNFOLD_TEST_MONGO_URL", raising=False)
    with shared_server("mongo", tmp_path) as first:
        with shared_server("mongo", tmp_path) as second:
            assert second == first
        with pymongo.MongoClient[dict[str, object]](first.addresses["url"]) as client:
            assert client.admin.command("ping")["ok"] == 1
    with (
        pymongo.MongoClient[dict[str, object]](
            first.addresses["url"], serverSelectionTimeoutMS=200
        ) as client,
        pytest.raises(pymongo.errors.ServerSelectionTimeoutError),
    ):
        client.admin.command("ping")
