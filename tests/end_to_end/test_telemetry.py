"""What an operator sees of a run: one trace from the request to the attempt's end, metrics, readiness."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.distributed.processes import Services
from tests.end_to_end.client import JSON, Client
from tests.end_to_end.embedded import Embedded, free_port
from tests.servers.collector import Collector, Seen

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
REQUEST = "POST /api/project/{project}/runs/apply"
#: One span for each event of a run, named by who appended it.
EVENTS = (
    "gateway.RunSubmitted",
    "gateway.JobSubmitted",
    "scheduler.JobPlaced",
    "log.AttemptClaimed",
    "log.AttemptStarted",
    "log.AttemptExited",
    "log.OutputClosed",
    "scheduler.JobFinished",
    "scheduler.RunFinished",
)
WORK = ("log.assign", "executor.claim", "executor.start", "executor.run")


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


@pytest.fixture
def server(tmp_path: Path, collector: Collector) -> Iterator[Embedded]:
    """It exports what it does, and serves its health port."""
    told = {"RUNFOLD_OTLP_ENDPOINT": collector.url, "RUNFOLD_HEALTH_PORT": str(free_port())}
    embedded = Embedded(tmp_path / "server", environment=told)
    yield embedded
    embedded.close()


def test_one_trace_holds_the_request_its_events_and_the_attempt(
    server: Embedded, collector: Collector
) -> None:
    client = server.start()

    run = _submitted_in_trace(client, "echo traced")
    client.wait_for("traced")

    spans = collector.trace(TRACE, REQUEST, *EVENTS, *WORK)
    assert spans[REQUEST].span.parent_span_id.hex() == PARENT
    request = spans[REQUEST].span.span_id
    assert {name for name, seen in spans.items() if seen.span.parent_span_id == request} == {*EVENTS, *WORK}
    assert {seen.attributes["runfold.run.id"] for name, seen in spans.items() if name != REQUEST} == {
        run["id"]
    }
    assert spans["executor.run"].attributes["process.exit.code"] == 0


def test_a_run_that_outlives_its_executor_has_its_real_times_in_the_trace(
    server: Embedded, collector: Collector, tmp_path: Path
) -> None:
    client = server.start()
    go = tmp_path / "go"
    _submitted_in_trace(client, f"until [ -e {go} ]; do sleep 0.05; done")
    next(client.events("job.AttemptStarted"))
    server.kill()

    client = server.start()
    go.touch()
    client.wait_for("traced")

    ran = collector.trace(TRACE, "executor.run")["executor.run"]
    assert _times(ran) == (
        next(client.events("job.AttemptStarted"))["data"]["started_at"],
        next(client.events("job.AttemptExited"))["data"]["exited_at"],
    )


def test_metrics_say_what_came_of_a_run(server: Embedded) -> None:
    client = server.start()
    client.submit("echo counted", name="counted")
    client.wait_for("counted")

    metrics = _metrics(server.health_url)

    assert metrics['runfold_events_total{service="gateway",type="RunSubmitted"}'] == 1
    assert metrics['runfold_events_total{service="scheduler",type="JobPlaced"}'] == 1
    assert metrics['runfold_events_total{service="log",type="AttemptExited"}'] == 1
    assert metrics['runfold_append_seconds_count{outcome="appended",service="gateway"}'] >= 1
    assert metrics[f'runfold_http_request_seconds_count{{route="{REQUEST}",status="200"}}'] == 1
    assert metrics['runfold_messages_total{outcome="handled",queue="log.facts"}'] >= 2
    assert metrics['runfold_facts_total{type="AttemptsReported"}'] >= 1
    assert metrics["runfold_output_stored_bytes_total"] == len(b"counted\n")
    assert metrics['runfold_attempts_ended_total{reason="done_by_runner",state="exited"}'] == 1
    assert metrics["runfold_commit_appends_count"] == metrics["runfold_folded_commits"]
    assert (metrics["runfold_waiting_jobs"], metrics["runfold_live_attempts"]) == (0, 0)
    assert (metrics["runfold_instances"], metrics["runfold_follow_lag_commits"]) == (1, 0)


def test_one_trace_goes_through_five_processes(
    distributed: Services, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNFOLD_OTLP_ENDPOINT", collector.url)
    distributed.start()
    client = Client(distributed.installation.url, distributed.installation.keys.admin_token)

    _submitted_in_trace(client, "echo traced")
    client.wait_for("traced")

    spans = collector.trace(TRACE, REQUEST, *EVENTS, *WORK, "log.append")
    senders = {name: seen.service for name, seen in spans.items()}
    assert {senders[name] for name in (REQUEST, "gateway.RunSubmitted")} == {"runfold-gateway"}
    assert {senders[name] for name in EVENTS if name.startswith("scheduler.")} == {"runfold-scheduler"}
    assert {senders[name] for name in ("log.append", "log.assign", "log.AttemptExited")} == {"runfold-log"}
    assert {senders[name] for name in ("executor.claim", "executor.run")} == {"runfold-executor"}


def test_each_service_says_so_when_it_cannot_work_and_when_it_can_again(distributed: Services) -> None:
    distributed.start()

    distributed.stop("log")

    followers = ("gateway", "scheduler", "provisioner")
    distributed.await_unready(*followers)
    for name in followers:
        assert "the log service does not answer" in _why_not_ready(distributed, name)
    distributed.start("log")
    distributed.await_ready()


def _submitted_in_trace(client: Client, command: str) -> JSON:
    client.session.headers["traceparent"] = f"00-{TRACE}-{PARENT}-01"
    run = client.submit(command, name="traced")
    del client.session.headers["traceparent"]
    return run


def _times(seen: Seen) -> tuple[int, int]:
    return seen.span.start_time_unix_nano // 1000, seen.span.end_time_unix_nano // 1000


def _metrics(health_url: str) -> dict[str, float]:
    """Samples by name and labels."""
    text = requests.get(f"{health_url}/metrics", timeout=60).text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def _why_not_ready(services: Services, name: str) -> str:
    url = f"http://127.0.0.1:{services.installation.health_ports[name]}/readyz"
    return str(requests.get(url, timeout=60).json()["reason"])
