"""The five images, as containers with the settings of docker-compose.yml: what a cluster gets, and not a checkout."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from infra.distributed.broker import addresses
from infra.distributed.compose import environments
from infra.distributed.installation import SERVICES
from infra.testservers.docker import remove_image
from infra.testservers.program import free_ports
from tests.clients import generated
from tests.end_to_end.client import Client
from tests.servers import containers
from tests.servers.broker import Broker
from tests.servers.collector import Collector
from tests.servers.composed import TAG, Composed, Outside, build_images
from tests.servers.distributed import own_users
from tests.servers.fixtures import Engine, fresh_database, fresh_vhost
from tests.servers.relay import Address

#: The first of them makes a base image, wheels and five images.
pytestmark = pytest.mark.timeout(1200)

NEWCOMER = Path(__file__).parent / "newcomer.py"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4737", "00f067aa0ba902b8"
#: Prints which of these names it finds in its networks.
FOUND = """
import socket
for name in {names}:
    try:
        socket.getaddrinfo(name, 1)
    except socket.gaierror:
        continue
    print(name)
"""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture(scope="module")
def composed(
    broker: Broker, mongo_url: str, docker_engine: Engine, collector: Collector
) -> Iterator[Composed]:
    base, python = _base(docker_engine)
    build_images(docker_engine.url, base, python)
    outside = {
        name: Outside(_address(url), port)
        for (name, url), port in zip(
            {"broker": broker.url, "database": mongo_url, "collector": collector.url}.items(),
            free_ports(3),
            strict=True,
        )
    }
    with (
        fresh_vhost(broker) as vhost,
        own_users(broker, vhost) as (keys, prefix),
        fresh_database(mongo_url) as database,
    ):
        told = environments(
            keys,
            _database_url(mongo_url, outside["database"].port, database.name),
            addresses(f"amqp://broker:{outside['broker'].port}", keys.broker_passwords, vhost, prefix),
        )
        variables = {"RUNFOLD_DOCKER_SOCKET": _socket(docker_engine), "RUNFOLD_DEFAULT_IMAGE": base}
        composed = Composed(docker_engine.url, f"test-{uuid4().hex[:8]}", told, outside, variables)
        try:
            composed.create()
            composed.start()
            yield composed
        finally:
            composed.discard()
            for service in SERVICES:
                remove_image(docker_engine.url, f"runfold/{service}:{TAG}")


@pytest.fixture
def client(composed: Composed) -> Client:
    return Client(composed.url, composed.environment("gateway")["RUNFOLD_ADMIN_TOKEN"])


def test_a_newcomers_script_sees_its_task_done(composed: Composed, client: Client, tmp_path: Path) -> None:
    key = tmp_path / "key.pub"
    key.write_text("ssh-ed25519 AAAA newcomer\n")
    environment = {
        "RUNFOLD_TEST_URL": composed.url,
        "RUNFOLD_TEST_TOKEN": composed.environment("gateway")["RUNFOLD_ADMIN_TOKEN"],
        "RUNFOLD_TEST_PROJECT": "main",
        "RUNFOLD_TEST_PUBLIC_KEY": str(key),
    }

    ended = subprocess.run(
        [sys.executable, str(NEWCOMER)], env=environment, capture_output=True, text=True, timeout=180
    )

    assert (ended.stdout, ended.stderr) == ("Run finished with status done\n", "")
    run = client.post("/api/runs/list", {"limit": 1}).json()[0]
    assert client.output(run) == b"Start\nFinish\n"


def test_a_generated_client_does_what_a_user_begins_with(composed: Composed, tmp_path: Path) -> None:
    token = composed.environment("gateway")["RUNFOLD_ADMIN_TOKEN"]

    found = generated.first_calls(generated.generate(tmp_path), composed.url, token)

    assert (found["task"]["status"], found["task"]["output"]) == ("done", "Start\nFinish\n")
    assert found["stopped"]["status"] == "terminated"
    assert found["fleet"]["status"] == "active"


def test_a_job_runs_in_a_container_of_its_own_and_is_traced_through_the_services(
    client: Client, collector: Collector
) -> None:
    # Where the executor's own files are, there is the executor's container.
    task = {"type": "task", "commands": ["test -e /runfold || echo elsewhere"]}
    plan = {"plan": {"run_spec": {"run_name": "traced", "configuration": task}}, "force": False}
    client.in_project("runs/apply", plan, traceparent=f"00-{TRACE}-{PARENT}-01")

    run = client.wait_for("traced")["traced"]

    assert (run["status"], client.output(run)) == ("done", b"elsewhere\n")
    spans = collector.trace(
        TRACE, "gateway.RunSubmitted", "scheduler.JobPlaced", "log.AttemptExited", "executor.run"
    )
    assert {seen.service for seen in spans.values()} == {
        "runfold-gateway",
        "runfold-scheduler",
        "runfold-log",
        "runfold-executor",
    }


def test_each_container_is_given_its_own_credentials_alone(composed: Composed) -> None:
    given = {service: composed.environment(service) for service in SERVICES}

    def who(variable: str) -> list[str]:
        return [service for service in SERVICES if variable in given[service]]

    assert who("RUNFOLD_MONGO_URL") == who("RUNFOLD_LOG_TOKENS") == ["log"]
    assert who("RUNFOLD_ADMIN_TOKEN") == ["gateway"]
    assert who("RUNFOLD_MASTER_KEY") == ["log", "gateway"]
    assert who("RUNFOLD_LOG_TOKEN") == ["gateway", "scheduler", "provisioner"]
    for service in SERVICES:
        password = urlsplit(given[service]["RUNFOLD_AMQP_URL"]).password
        assert password
        assert [name for name in SERVICES if password in "".join(given[name].values())] == [service]


def test_each_container_finds_whom_it_calls_in_its_networks(composed: Composed) -> None:
    names = {*SERVICES, "broker", "database", "collector"}
    found = {
        service: {*composed.python(service, FOUND.format(names=sorted(names))).split()}
        for service in SERVICES
    }

    callers = names - {"database", "executor"}
    assert found == {
        "log": names - {"executor"},
        # Executors open connections to the gateway, and to no other service.
        "gateway": callers | {"executor"},
        "scheduler": callers,
        "provisioner": callers,
        "executor": {"executor", "broker", "collector", "gateway"},
    }


def test_only_the_executor_is_root_for_the_engines_socket_is(composed: Composed) -> None:
    users = {service: composed.python(service, "import os; print(os.getuid())") for service in SERVICES}
    assert [service for service, uid in users.items() if uid == "0\n"] == ["executor"]


def test_all_stop_in_time_and_started_again_go_on_where_they_were(composed: Composed, client: Client) -> None:
    client.submit("echo before", name="before")
    before = client.wait_for("before")["before"]

    assert composed.stop() == dict.fromkeys(SERVICES, 0)
    composed.start()

    # The gateway's port is published anew.
    again = Client(composed.url, composed.environment("gateway")["RUNFOLD_ADMIN_TOKEN"])
    again.submit("echo after", name="after")
    after = again.wait_for("after")["after"]
    assert (again.get("before"), again.output(before)) == (before, b"before\n")
    assert (after["status"], again.output(after)) == ("done", b"after\n")


def _base(engine: Engine) -> tuple[str, str]:
    """The images' base, and its Python's version: the usual one where it is to be had, else Debian's."""
    usual = "python:3.12-slim"
    return (usual, "3.12") if containers.available(usual) else (engine.python_image(), "3.11")


def _address(url: str) -> Address:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def _database_url(url: str, port: int, name: str) -> str:
    """Of `url`, whatever its credentials are, but in the services' networks."""
    parts = urlsplit(url)
    credentials, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{credentials}{at}database:{port}", path=f"/{name}").geturl()


def _socket(engine: Engine) -> str:
    assert engine.url.startswith("unix://"), (
        f"an executor's container needs the engine's socket, not {engine.url}"
    )
    return engine.url.removeprefix("unix://")
