"""The fixtures by which tests get servers; tests/conftest.py hands them to every test."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pymongo
import pytest

from infra.distributed.processes import Services
from infra.testservers import docker
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.lookup import Breakable, Located, own_server, shared_server


@dataclass(frozen=True)
class Database:
    """A database of its own for one test, in a server that others use too."""

    url: str
    name: str


@dataclass(frozen=True)
class Engine:
    """A Docker engine, and the image that has a shell and nothing else."""

    url: str
    shell_image: str

    def python_image(self) -> str:
        """An image with python3; made in a minute where there is no registry, so ask only where it's needed."""
        return docker.ensure_python_image(self.url)


@contextlib.contextmanager
def fresh_vhost(broker: Broker) -> Iterator[str]:
    """The name of a new virtual host, removed at the end."""
    name = f"test-{uuid4().hex[:12]}"
    broker.add_vhost(name)
    try:
        yield name
    finally:
        broker.remove_vhost(name)


@contextlib.contextmanager
def fresh_database(mongo_url: str) -> Iterator[Database]:
    """A new database, dropped at the end."""
    database = Database(mongo_url, f"test-{uuid4().hex[:12]}")
    try:
        yield database
    finally:
        with contextlib.closing(pymongo.MongoClient[dict[str, object]](mongo_url)) as client:
            client.drop_database(database.name)


@pytest.fixture(scope="session")
def broker(run_directory: Path, say: "Say") -> Iterator[Broker]:
    """The broker that all tests of a run share; take `vhost` unless the test is about the broker."""
    with shared_server("rabbitmq", run_directory) as located:
        say("RabbitMQ", located)
        yield Broker(located.addresses["url"], located.addresses["management_url"])


@pytest.fixture
def vhost(broker: Broker) -> Iterator[str]:
    """The name of a virtual host for this test alone; `amqp_url` is its address."""
    with fresh_vhost(broker) as name:
        yield name


@pytest.fixture
def amqp_url(broker: Broker, vhost: str) -> str:
    """AMQP address of a virtual host for this test alone, with an administrator's credentials."""
    return broker.address(vhost)


@pytest.fixture(scope="session")
def mongo_url(run_directory: Path, say: "Say") -> Iterator[str]:
    """Address of the database server that all tests of a run share."""
    with shared_server("mongo", run_directory) as located:
        say("MongoDB", located)
        yield located.addresses["url"]


@pytest.fixture
def mongo_database(mongo_url: str) -> Iterator[Database]:
    """A database for this test alone."""
    with fresh_database(mongo_url) as database:
        yield database


@pytest.fixture(scope="session")
def docker_engine(run_directory: Path, say: "Say") -> Iterator[Engine]:
    """The engine that all tests of a run share: what they start there, they name uniquely and remove."""
    with shared_server("docker", run_directory) as located:
        say("Docker", located)
        url = located.addresses["url"]
        yield Engine(url, docker.ensure_shell_image(url))


@pytest.fixture
def distributed(tmp_path: Path, broker: Broker, vhost: str, mongo_database: Database) -> Iterator[Services]:
    """Five service processes, not started yet, on a virtual host and a database of their own."""
    with five_services(
        tmp_path / "services", broker, vhost, mongo_database.url, mongo_database.name
    ) as services:
        yield services


@pytest.fixture(scope="session")
def breakable_broker_of_run() -> Iterator[Breakable]:
    """Started once for all who break it: a broker takes its seconds."""
    yield from _own("rabbitmq")


@pytest.fixture
def breakable_broker(breakable_broker_of_run: Breakable) -> Breakable:
    """A running broker that no other test of this moment uses: stop it, kill it, start it again."""
    return _mended(breakable_broker_of_run)


@pytest.fixture(scope="session")
def breakable_mongo_of_run() -> Iterator[Breakable]:
    """Started once for all who break it."""
    yield from _own("mongo")


@pytest.fixture
def breakable_mongo(breakable_mongo_of_run: Breakable) -> Breakable:
    """A running database server that no other test of this moment uses; take a database name of your own."""
    return _mended(breakable_mongo_of_run)


@pytest.fixture(scope="session")
def breakable_docker_of_run() -> Iterator[Breakable]:
    """Started once for all who break it."""
    yield from _own("docker")


@pytest.fixture
def breakable_docker(breakable_docker_of_run: Breakable) -> Breakable:
    """A running engine that no other test of this moment uses; it has the shell image."""
    engine = _mended(breakable_docker_of_run)
    docker.ensure_shell_image(engine.url)
    return engine


def _own(name: str) -> Iterator[Breakable]:
    server = own_server(name)
    try:
        yield server
    finally:
        server.discard()


def _mended(server: Breakable) -> Breakable:
    server.resume()
    server.start()
    return server


class Say:
    """Tells on the terminal, past pytest's capture, which server was taken."""

    def __init__(self, config: pytest.Config) -> None:
        self._capture = config.pluginmanager.getplugin("capturemanager")

    def __call__(self, what: str, located: Located) -> None:
        """One line to standard error."""
        with self._capture.global_and_fixture_disabled():
            os.write(2, f"\n{what}: {located.found}, {located.addresses['url']}\n".encode())


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Say:
    """Tells which server was taken."""
    return Say(pytestconfig)


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """One directory for all processes of a test run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own
