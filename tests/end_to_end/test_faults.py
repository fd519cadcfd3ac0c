"""A broker or a database that goes away while runs go through: nothing accepted is lost, all goes on by itself."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from infra.distributed.processes import Services
from tests.end_to_end.client import Client
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.lookup import Breakable

TASK = ("for i in 1 2 3 4 5; do echo $i; sleep 0.2; done",)
OUTPUT = b"1\n2\n3\n4\n5\n"


@pytest.fixture
def services(tmp_path: Path, breakable_broker: Breakable, breakable_mongo: Breakable) -> Iterator[Services]:
    """Five processes over a broker and a database that the test may break."""
    broker = Broker(breakable_broker.url, breakable_broker.management_url)  # type: ignore[attr-defined]
    vhost = f"faults-{uuid4().hex[:8]}"
    broker.add_vhost(vhost)
    with five_services(tmp_path / "services", broker, vhost, breakable_mongo.url, vhost) as services:
        services.start()
        yield services


@pytest.fixture
def client(services: Services) -> Client:
    return Client(services.installation.url, services.installation.keys.admin_token)


@pytest.mark.chaos
def test_with_the_broker_away_for_a_minute_runs_are_accepted_run_on_and_are_told_when_it_is_back(
    client: Client, breakable_broker: Breakable, tmp_path: Path
) -> None:
    over = tmp_path / "over"
    os.mkfifo(over)
    client.submit("for i in 1 2 3 4 5; do echo $i; sleep 12; done", f"echo > {over}", name="before")
    next(client.events("job.AttemptStarted"))
    breakable_broker.kill()

    client.submit(*TASK, name="while-away")
    assert over.read_text() == "\n"  # the minute that the job takes
    assert client.get("before")["status"] == "running"
    assert client.get("while-away")["status"] in ("submitted", "provisioning")

    breakable_broker.start()
    _done(client, "before", "while-away")


def test_a_database_away_for_a_minute_is_told_and_the_repeated_request_makes_one_run(
    client: Client, breakable_mongo: Breakable
) -> None:
    client.submit(*TASK, name="before")
    next(client.events("job.AttemptStarted"))
    breakable_mongo.kill()

    for _ in range(6):  # a minute: each is answered after ten seconds
        refused = _apply(client, "once")
        assert refused.status_code == requests.codes.service_unavailable
        assert int(refused.headers["Retry-After"]) > 0

    breakable_mongo.start()
    answers = [client.insist(*TASK, name="once") for _ in range(2)]
    assert answers[0]["id"] == answers[1]["id"]
    _done(client, "before", "once")
    submitted = [e for e in client.history("run.RunSubmitted") if e["data"]["name"] == "once"]
    assert len(submitted) == 1


@pytest.mark.chaos
def test_a_broker_that_is_restarted_again_and_again_delays_runs_and_loses_none(
    client: Client, breakable_broker: Breakable
) -> None:
    names = []
    for number in range(3):
        names += [f"round-{number}-{letter}" for letter in "abc"]
        for name in names[-3:]:
            client.submit(*TASK, name=name)
        breakable_broker.stop()
        breakable_broker.start()

    _done(client, *names)


def _apply(client: Client, name: str) -> requests.Response:
    spec = {"run_name": name, "configuration": {"type": "task", "commands": [*TASK]}}
    body = {"plan": {"run_spec": spec}, "force": False}
    return client.post("/api/project/main/runs/apply", body, **{"Idempotency-Key": name})


def _done(client: Client, *names: str) -> None:
    runs = client.wait_for(*names)
    assert {name: run["status"] for name, run in runs.items()} == dict.fromkeys(names, "done")
    assert {client.output(run) for run in runs.values()} == {OUTPUT}
    assert {len(run["jobs"][0]["job_submissions"]) for run in runs.values()} == {1}
