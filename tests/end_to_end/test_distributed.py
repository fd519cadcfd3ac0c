"""Five processes, a real broker, a server that speaks MongoDB's protocol, a real Docker engine."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused

from infra.distributed.installation import SERVICES
from infra.distributed.processes import Services
from tests.end_to_end.client import Client

README = Path(__file__).parents[2] / "README.md"
#: Runs `python -m runfold.<service>` with contracts that have never heard of one ignorable event type.
OLDER = """
import runpy, sys
from runfold.contracts import registry
assert registry.EVENT_TYPES.pop("AttemptClaimed").ignorable
runpy.run_module("runfold.{service}", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def client(distributed: Services) -> Client:
    distributed.start()
    installation = distributed.installation
    return Client(installation.url, installation.keys.admin_token)


def test_a_task_runs_from_the_gateway_to_a_process_of_the_executors_host(client: Client) -> None:
    client.submit("echo over the wire", name="wired")

    run = client.wait_for("wired")["wired"]

    assert (run["status"], client.output(run)) == ("done", b"over the wire\n")


@pytest.mark.chaos
def test_each_service_is_stopped_and_started_alone_while_runs_go_through(
    client: Client, distributed: Services
) -> None:
    names: list[str] = []
    for service in SERVICES:
        names += _submitted(client, f"under-{service}")
        distributed.stop(service)
        distributed.start(service)
    names += _submitted(client, "after")

    _all_done(client, names)


@pytest.mark.chaos
def test_each_service_is_killed_alone_and_no_run_is_lost_nor_started_twice(
    client: Client, distributed: Services, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir(mode=0o777)
    names: list[str] = []
    for service in SERVICES:
        names += _submitted(client, f"kill-{service}", marks)
        distributed.kill(service)
        distributed.start(service)

    _all_done(client, names)
    starts = {name: (marks / name).read_text().count("started") for name in names}
    assert starts == dict.fromkeys(names, 1)


def test_a_service_whose_contracts_lack_an_ignorable_event_type_goes_on(
    client: Client, distributed: Services
) -> None:
    """All that follow; the log service is the one that makes such events."""
    older = ("scheduler", "provisioner", "gateway")
    for service in older:
        distributed.stop(service)
        distributed.launch(service, [sys.executable, "-c", OLDER.format(service=service)])
    distributed.await_ready(*older)

    _all_done(client, _submitted(client, "older"))


def test_the_readmes_script_receives_events_with_a_user_who_may_only_read(
    client: Client, distributed: Services, tmp_path: Path
) -> None:
    script = tmp_path / "integration.py"
    script.write_text(_python_in_readme())
    with _running(script, distributed.installation.amqp_urls["outsider"]) as lines:
        client.submit("true", name="watched")
        seen = [next(lines).split(" ", 1)[0] for _ in range(2)]
        # The instance was there before the script; a fleet of one's own makes another.
        fleet = {
            "type": "fleet",
            "name": "mine",
            "nodes": "1",
            "resources": {"cpu": "1..", "memory": "0.1GB.."},
        }
        client.in_project(
            "fleets/apply", {"plan": {"spec": {"configuration": fleet, "profile": {}}}, "force": False}
        )
        seen += [next(lines).split(" ", 1)[0]]

    assert seen == ["run.RunSubmitted", "job.JobFinished", "instance.InstanceProvisioned"]


def test_an_outsider_may_not_publish(distributed: Services) -> None:
    distributed.start("log")

    async def publish() -> None:
        connection = await aio_pika.connect(distributed.installation.amqp_urls["outsider"])
        async with connection:
            channel = await connection.channel()
            exchange = await channel.get_exchange("runfold.events")
            await exchange.publish(aio_pika.Message(b"{}"), "run.RunSubmitted", timeout=60)

    with pytest.raises(ChannelAccessRefused):
        asyncio.run(publish())


def _submitted(client: Client, prefix: str, marks: Path | None = None) -> list[str]:
    """Four tasks that take a second, two of which have started when it returns."""
    names = [f"{prefix}-{number}" for number in range(4)]
    after = client.last_position()
    for name in names:
        mark = f"echo started >> {marks / name}" if marks else "true"
        client.submit(mark, "for i in 1 2 3 4 5; do echo $i; sleep 0.2; done", name=name)
    list(islice(client.events("job.AttemptStarted", after=after), 2))
    return names


def _all_done(client: Client, names: list[str]) -> None:
    runs = client.wait_for(*names)
    assert {name: run["status"] for name, run in runs.items()} == dict.fromkeys(names, "done")
    assert {client.output(run) for run in runs.values()} == {b"1\n2\n3\n4\n5\n"}


def _python_in_readme() -> str:
    return README.read_text().split("```python\n")[1].split("```")[0]


@contextmanager
def _running(script: Path, amqp_url: str) -> Iterator[Iterator[str]]:
    """The lines that the script prints, once it has bound its queue."""
    process = subprocess.Popen(
        [sys.executable, str(script)],
        env={"RUNFOLD_AMQP_URL": amqp_url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        with process.stdout as lines:
            assert next(lines) == "listening\n"
            yield lines
    finally:
        process.kill()
        process.wait()
