"""The rows, by name. Each measures itself and, in the same run, its limit."""

import contextlib
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from infra.testservers import docker
from tests.bench import dstack, report, world
from tests.bench.idle import WAIT
from tests.bench.load import Job, Outcome
from tests.bench.report import Row
from tests.bench.world import RUNS, Served
from tests.servers.lookup import shared_server


@dataclass(frozen=True)
class Size:
    """How long, or how much of it."""

    seconds: float = 5.0
    clients: tuple[int, ...] = (1, 16, 64)
    listed: int = 1_000
    runs: int = 1_000
    processes: int = 100
    containers: int = 10
    events: int = 1_000_000
    active: int = 10_000


SHORT = Size(0.3, (1, 4), 20, 20, 4, 1, 2_000, 50)


@dataclass(frozen=True)
class Bench:
    """Where rows put their files, how large they are, and in which folder profiles go."""

    directory: Path
    size: Size
    profiles: Path | None = None
    against_dstack: bool = False

    def profile(self, name: str) -> Path | None:
        return self.profiles / name if self.profiles else None

    def embedded(
        self, name: str, runtime: str = "idle", **environment: str
    ) -> "contextlib.AbstractContextManager[Served]":
        return world.embedded(
            self.directory / name, runtime=runtime, environment=environment, profile=self.profile(name)
        )


def http(bench: Bench) -> Iterator[Row]:
    """apply, get and list, embedded; the scheduler, the executor and a runtime that does nothing run along."""
    with bench.embedded("http") as served:
        rows = [*_calls(bench, served)]
    if bench.against_dstack:
        _compare_calls(bench, rows)
    yield from rows


def distributed(bench: Bench) -> Iterator[Row]:
    """The same, and whole runs, over five processes, a broker and a database server."""
    directory = bench.directory
    with world.distributed(directory / "services", directory, profile=bench.profiles) as served:
        yield from _calls(bench, served)
        yield from _runs(bench, served)


def runs(bench: Bench) -> Iterator[Row]:
    """Whole runs on the runtime that does nothing, and the time to the first change of one."""
    with bench.embedded("runs") as served:
        first, whole = _runs(bench, served)
    if bench.against_dstack:
        _compare_runs(bench, first, whole)
    yield from (first, whole)


def processes(bench: Bench) -> Iterator[Row]:
    """Whole runs of `true` as real processes, beside starting as many without Runfold."""
    count = bench.size.processes
    with bench.embedded("processes", "process") as served:
        outcome = world.load(_job(served, "apply", _task("true"), 4, requests=count, watch="run.RunFinished"))
    row = report.rate("submit to done, processes", "embedded", 4, outcome)
    row.limit, row.limit_is = round(_spawns(count), 1), "sh -c true, one after the other"
    yield row


def containers(bench: Bench) -> Iterator[Row]:
    """`true` in Docker, one after the other, beside `docker run --rm`."""
    with shared_server("docker", bench.directory) as located:
        url = located.addresses["url"]
        image = docker.ensure_shell_image(url)
        ours: list[float] = []
        theirs: list[float] = []
        with bench.embedded("containers", "docker", DOCKER_HOST=url) as served:
            job = _job(
                served, "apply", _task("true", image), 1, requests=1, watch="run.RunFinished", serial=True
            )
            for _ in range(bench.size.containers):
                theirs.append(_docker_run(url, image))
                ours += world.load(job).times
    median, limit = statistics.median(ours) * 1000, statistics.median(theirs) * 1000
    yield Row(
        row="`true` in Docker",
        wiring="embedded",
        value=round(median, 1),
        unit="ms",
        p50_ms=round(median, 1),
        limit=round(limit, 1),
        limit_is="docker run --rm",
    )


def replay(bench: Bench) -> Iterator[Row]:
    """A log folded from zero."""
    arguments = (str(bench.size.events), str(bench.directory))
    found = world.program("tests.bench.replay", *arguments, profile=bench.profile("replay"))
    yield Row(
        row=f"replay of {bench.size.events:,} events",
        wiring="one process",
        value=round(found["replay"]),
        unit="events/s",
        limit=round(found["decoding"]),
        limit_is="reading and decoding alone",
    )


def memory(bench: Bench) -> Iterator[Row]:
    """What the process of all five services grows by for each run that is running."""
    count = bench.size.active
    with bench.embedded("memory") as served:
        assert served.pid is not None
        job = _job(served, "apply", _task(WAIT), 16, requests=max(count // 10, 10), watch="job.JobPlaced")
        world.load(job)
        _until_newest_runs(served)
        before = world.resident(served.pid)
        job.requests = count
        world.load(job)
        _until_newest_runs(served)
        grown = world.resident(served.pid) - before
    yield Row(
        row=f"memory with {count:,} active runs",
        wiring="embedded",
        value=round(grown / count / 1000, 1),
        unit="KB a run",
    )


ROWS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    each.__name__: each for each in (http, runs, processes, containers, replay, memory, distributed)
}


def _calls(bench: Bench, served: Served) -> Iterator[Row]:
    size, client = bench.size, served.client
    name = client.submit("true")["run_spec"]["run_name"]
    for _ in range(2):
        # Some are there before anything is listed, whatever the other rows make.
        world.load(
            _job(served, "apply", _task("true"), 8, requests=size.listed // 2, watch="run.RunFinished")
        )
    record = _record_bytes(served)
    for call, job, outcome in _outcomes(size, served, name):
        row = report.rate(f"runs/{call}", served.wiring, job.clients, outcome)
        path = "/durable" if call == "apply" else "/answer"
        row.limit = _bare(bench, replace_path(job, path), record, outcome.bytes)
        row.limit_is = f"the smallest aiohttp handler, {path[1:]}"
        yield row


def _outcomes(size: Size, served: Served, name: str) -> Iterator[tuple[str, Job, Outcome]]:
    """Each call, with ever more clients; `name` is a run's."""
    bodies = {
        "get": json.dumps({"run_name": name}),
        "list": json.dumps({"limit": min(100, size.listed)}),
        "apply": _task("true"),
    }
    for call, body in bodies.items():
        for clients in size.clients:
            job = _job(served, call, body, clients, seconds=size.seconds)
            yield call, job, world.load(job)


def _runs(bench: Bench, served: Served) -> Iterator[Row]:
    size, record = bench.size, _record_bytes(served)
    first = _job(
        served, "apply", _task("true"), 1, requests=max(size.runs // 5, 4), watch="job.JobPlaced", serial=True
    )
    outcome = world.load(first)
    row = report.rate("submit to first change", served.wiring, 1, outcome)
    row.limit, row.limit_is = _bare(bench, first, record, outcome.bytes), "one durable answer"
    yield row
    whole = _job(served, "apply", _task("true"), 16, requests=size.runs, watch="run.RunFinished")
    outcome = world.load(whole)
    row = report.rate("submit to done, runtime that does nothing", served.wiring, 16, outcome)
    row.limit, row.limit_is = _bare(bench, whole, record, outcome.bytes), "one durable answer for each run"
    yield row


def _compare_calls(bench: Bench, rows: list[Row]) -> None:
    """The same calls, over as many runs, of dstack's server alone on the machine."""
    with dstack.served(bench.directory / "dstack-http") as other:
        name = other.client.submit("true")["run_spec"]["run_name"]
        for _ in range(2):
            world.load(_job(other, "apply", _task("true"), 8, requests=bench.size.listed // 2))
        dstack.await_end(other.client)
        for row, (_, _, outcome) in zip(rows, _outcomes(bench.size, other, name), strict=True):
            row.compared, row.compared_is = report.per_second(outcome), dstack.NAME


def _compare_runs(bench: Bench, first: Row, whole: Row) -> None:
    """Fewer runs than of ours: each takes it some ten seconds."""
    changes, ends = max(bench.size.runs // 100, 1), max(bench.size.runs // 10, 4)
    with dstack.served(bench.directory / "dstack-runs") as other:
        took = sum(dstack.change(other.client) for _ in range(changes))
        first.compared, first.compared_is = round(changes / took, 2), dstack.ENDED
        began = time.perf_counter()
        world.load(_job(other, "apply", _task("true"), 16, requests=ends))
        dstack.await_end(other.client)
        took = time.perf_counter() - began
        whole.compared, whole.compared_is = round(ends / took, 2), dstack.ENDED


def _job(served: Served, call: str, body: str, clients: int, **how: object) -> Job:
    path = "/api/runs/list" if call == "list" else f"{RUNS}/{call}"
    return Job(
        host="127.0.0.1",
        port=served.port,
        token=served.token,
        path=path,
        body=body,
        clients=clients,
        **how,  # type: ignore[arg-type]
    )


def replace_path(job: Job, path: str) -> Job:
    return Job(**{**{name: getattr(job, name) for name in job.__struct_fields__}, "path": path})


def _bare(bench: Bench, job: Job, record: int, answer: int) -> float:
    """What as many clients get from the smallest server, a second."""
    path = job.path if job.path == "/answer" else "/durable"
    with world.bare(bench.directory, record=record, answer=answer) as port:
        bare = Job(
            host="127.0.0.1",
            port=port,
            path=path,
            body=job.body,
            clients=job.clients,
            seconds=min(bench.size.seconds, 2.0),
        )
        outcome = world.load(bare)
    return round(len(outcome.times) / outcome.took, 1)


def _until_newest_runs(served: Served) -> None:
    """Returns once what was submitted last is running; raises AssertionError after a minute."""
    newest = {"status": "not listed"}
    for _ in range(600):
        (newest,) = served.client.post("/api/runs/list", {"limit": 1}).json()
        if newest["status"] == "running":
            return
        time.sleep(0.1)
    raise AssertionError(f"still {newest['status']}")


def _record_bytes(served: Served) -> int:
    """How large a submission is in the log: its events, as they are published."""
    answer = requests.get(
        f"http://127.0.0.1:{served.port}/api/runfold/v1/events",
        params={"types": "run.RunSubmitted,job.JobSubmitted", "limit": "2"},
        headers={"Authorization": f"Bearer {served.token}"},
        timeout=30,
    )
    return len(answer.content)


def _task(command: str, image: str | None = None) -> str:
    task = {"type": "task", "commands": [command], **({"image": image} if image else {})}
    return json.dumps({"plan": {"run_spec": {"configuration": task}}, "force": False})


def _spawns(count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        subprocess.run(["sh", "-c", "true"], check=True)
    return count / (time.perf_counter() - began)


def _docker_run(url: str, image: str) -> float:
    began = time.perf_counter()
    command = ["docker", "run", "--rm", image, "sh", "-c", "true"]
    subprocess.run(command, env={**os.environ, "DOCKER_HOST": url}, check=True, timeout=60)
    return time.perf_counter() - began
