"""Two replicas of each service, a real broker: the active one is killed under load, and another takes over."""

import statistics
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pytest

from infra.distributed.installation import ONE_ACTIVE
from infra.distributed.processes import Services
from tests.end_to_end.client import Client
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.fixtures import Database

REPLICAS = ("gateway-2", *(f"{service}-2" for service in ONE_ACTIVE))
#: Seconds from the end of an active replica to the term of the next, at the median.
FAILOVER = 5.0


@pytest.fixture
def services(tmp_path: Path, broker: Broker, vhost: str, mongo_database: Database) -> Iterator[Services]:
    directory = tmp_path / "services"
    with five_services(
        directory, broker, vhost, mongo_database.url, mongo_database.name, replicas=REPLICAS
    ) as services:
        services.start()
        yield services


@pytest.fixture
def gateways(services: Services) -> list[Client]:
    installation = services.installation
    return [
        Client(installation.url_of(name), installation.keys.admin_token) for name in ("gateway", "gateway-2")
    ]


class Load:
    """Submits runs one after the other, through both gateways by turns, until it is left."""

    def __init__(self, gateways: list[Client]) -> None:
        self._gateways = gateways
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._submit)
        self._accepted = threading.Semaphore(0)
        self.names: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def more(self, runs: int) -> None:
        """Returns once so many more have been accepted."""
        for _ in range(runs):
            assert self._accepted.acquire(timeout=60), "no run was accepted for a minute"

    def _submit(self) -> None:
        while not self._over.is_set():
            name = f"load-{len(self.names)}"
            client = self._gateways[len(self.names) % 2]
            client.insist(f"echo {name}", name=name)
            self.names.append(name)
            self._accepted.release()
            self._over.wait(0.2)


@pytest.mark.chaos
def test_an_active_replica_that_is_killed_under_load_is_replaced_and_nothing_is_lost(
    services: Services, gateways: list[Client]
) -> None:
    client = gateways[1]
    took: dict[str, float] = {}

    with Load(gateways) as load:
        for service in ONE_ACTIVE:
            load.more(3)
            killed = time.time()
            services.kill(service)
            took[service] = _next_term(client, service, killed) - killed
        load.more(3)

    runs = client.wait_for(*load.names)
    assert {name: (run["status"], client.output(run)) for name, run in runs.items()} == {
        name: ("done", f"{name}\n".encode()) for name in load.names
    }
    assert _starts_of_each_attempt(client) == {1}
    print(f"replaced after {took} s, with {len(runs)} runs meanwhile")
    assert statistics.median(took.values()) <= FAILOVER


@pytest.mark.chaos
def test_one_that_is_no_standby_takes_over_at_its_start_and_the_one_before_stands_by(
    services: Services, gateways: list[Client]
) -> None:
    client = gateways[0]
    for service in ONE_ACTIVE:
        began = time.time()
        services.stop(f"{service}-2")
        services.launch(f"{service}-2", environment={"RUNFOLD_STANDBY": "false"})
        _next_term(client, service, began)
    services.await_ready()

    client.submit("echo whoever", name="whoever")

    assert client.wait_for("whoever")["whoever"]["status"] == "done"


def test_what_one_gateway_was_told_the_other_knows(gateways: list[Client]) -> None:
    first, second = gateways
    for number in range(5):
        run = first.submit(f"echo {number}", name=f"told-{number}")
        assert second.get(f"told-{number}")["id"] == run["id"]
        first, second = second, first

    answers = [gateway.insist("true", name="once") for gateway in gateways]
    assert answers[0]["id"] == answers[1]["id"]


def _next_term(client: Client, service: str, after: float) -> float:
    """When the next term of `service` began, seconds."""
    for event in client.events("cell.TermBegan"):
        if event["data"]["service"] == service and _time_of(event) > after:
            return _time_of(event)
    raise AssertionError(f"nobody took over from the {service}")


def _time_of(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def _starts_of_each_attempt(client: Client) -> set[int]:
    starts: dict[str, int] = {}
    for event in client.history("job.AttemptStarted"):
        attempt = event["data"]["attempt_id"]
        starts[attempt] = starts.get(attempt, 0) + 1
    return set(starts.values())
