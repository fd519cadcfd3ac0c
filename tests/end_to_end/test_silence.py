"""A host that is really cut off from the broker: what is tried again is stopped there first, all else is adopted."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.distributed.processes import Services
from infra.testservers.program import free_ports
from tests.end_to_end.client import JSON, Client
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.fixtures import Database
from tests.servers.relay import Relay

NEAR, FAR = "executor", "executor-2"
#: Longer than the 30 seconds between two heartbeats, and less than the host is given until it stops by itself.
SILENT, STOP = "40s", "60s"


class Line:
    """The only way from the far host to the broker."""

    def __init__(self, amqp_url: str) -> None:
        self._parts = urlsplit(amqp_url)
        self._port = free_ports(1)[0]
        self._relay = self._made()

    @property
    def amqp_url(self) -> str:
        where = f"{self._parts.username}:{self._parts.password}@127.0.0.1:{self._port}"
        return self._parts._replace(netloc=where).geturl()

    def cut(self) -> None:
        self._relay.stop()

    def mend(self) -> None:
        self._relay = self._made()

    def _made(self) -> Relay:
        return Relay(("127.0.0.1", self._port), (str(self._parts.hostname), self._parts.port or 5672))


@pytest.fixture
def services(tmp_path: Path, broker: Broker, vhost: str, mongo_database: Database) -> Iterator[Services]:
    """Without executors."""
    with five_services(
        tmp_path / "services", broker, vhost, mongo_database.url, mongo_database.name, replicas=(FAR,)
    ) as services:
        settings = {
            "log": {"RUNFOLD_LOG_SILENT_AFTER": SILENT},
            "scheduler": {"RUNFOLD_STOP_AFTER": STOP},
        }
        for name in ("log", "gateway", "scheduler", "provisioner"):
            services.launch(name, environment=settings.get(name))
            services.await_ready(name)
        yield services


@pytest.fixture
def line(services: Services) -> Iterator[Line]:
    made = Line(services.installation.amqp_urls["executor"])
    yield made
    made.cut()


@pytest.fixture
def client(services: Services) -> Client:
    return Client(services.installation.url, services.installation.keys.admin_token)


@pytest.mark.chaos
def test_a_host_that_is_cut_off_stops_what_is_begun_elsewhere_before_it_is_and_keeps_the_rest(
    services: Services, client: Client, line: Line, tmp_path: Path
) -> None:
    marks, over = tmp_path / "marks", tmp_path / "over"
    services.launch(FAR, environment={"RUNFOLD_AMQP_URL": line.amqp_url})
    services.await_ready(FAR)
    again = f"if [ -e {marks} ]; then echo again >> {marks}; exit 0; fi"
    told = f"trap 'echo stopped >> {marks}; exit 1' TERM; echo begun >> {marks}"
    client.submit(
        again, told, "while :; do sleep 0.2; done", name="retried", retry={"on_events": ["interruption"]}
    )
    client.submit(f"until [ -e {over} ]; do sleep 0.2; done", "echo through", name="kept")
    started = client.events("job.AttemptStarted")
    far = {name: attempt_of(next(started)) for name in ("one", "other")}
    services.start(NEAR)

    line.cut()
    silent = next(client.events("instance.InstanceSilent"))
    retried = client.wait_for("retried")["retried"]

    # The order of the marks is that of what happened, and the log agrees.
    assert marks.read_text().split() == ["begun", "stopped", "again"]
    assert retried["status"] == "done"
    assert len(retried["jobs"][0]["job_submissions"]) == 2
    (lost,) = client.history("job.AttemptLost")
    assert attempt_of(lost) in far.values()
    assert hosts_of(client, retried)[0] != hosts_of(client, retried)[1]
    assert client.get("kept")["status"] == "running"

    line.mend()
    returned = next(client.events("instance.InstanceReturned"))
    over.touch()
    kept = client.wait_for("kept")["kept"]

    assert returned["data"]["instance_id"] == silent["data"]["instance_id"]
    assert (kept["status"], client.output(kept)) == ("done", b"through\n")
    assert len(kept["jobs"][0]["job_submissions"]) == 1
    assert len(client.history("job.AttemptLost")) == 1


def attempt_of(event: JSON) -> str:
    return str(event["data"]["attempt_id"])


def hosts_of(client: Client, run: JSON) -> list[str]:
    """Where each of its attempts was placed, in order."""
    attempts = [submission["id"] for submission in run["jobs"][0]["job_submissions"]]
    placed = {attempt_of(event): event["data"]["host_id"] for event in client.history("job.JobPlaced")}
    return [placed[attempt] for attempt in attempts]
