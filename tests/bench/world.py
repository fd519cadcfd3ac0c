"""What the rows measure: servers and clients as processes of their own."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec

from infra.distributed.processes import Services
from infra.testservers.program import free_ports
from tests.bench.load import Job, Outcome
from tests.bench.profile import under
from tests.end_to_end.client import Client
from tests.end_to_end.embedded import TOKEN, Embedded
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.lookup import shared_server

ROOT = Path(__file__).parents[2]
RUNS = "/api/project/main/runs"
#: Seconds that a program of ours may take, beside what it was asked to do.
PATIENCE = 300.0


@dataclass(frozen=True)
class Served:
    """A running Runfold, as its clients find it; `pid` where it is one process."""

    wiring: str
    port: int
    token: str
    pid: int | None = None

    @property
    def client(self) -> Client:
        return Client(f"http://127.0.0.1:{self.port}", self.token)


@contextlib.contextmanager
def embedded(
    directory: Path,
    *,
    runtime: str = "idle",
    environment: dict[str, str] | None = None,
    profile: Path | None = None,
) -> Iterator[Served]:
    """In one process; `runtime` is idle, process or docker, and `profile` a file."""
    idle = runtime == "idle"
    program = ("tests.bench.embedded_server",) if idle else ("runfold.client", "up")
    server = Embedded(
        directory,
        runtime="process" if idle else runtime,
        environment={"RUNFOLD_LOG_LEVEL": "info", **(environment or {})},
        program=(*under(profile), *program),
    )
    server.start()
    try:
        yield Served("embedded", server.port, TOKEN, server.pid)
    finally:
        if profile is not None:
            server.stop()
        server.close()


@contextlib.contextmanager
def distributed(directory: Path, run: Path, *, profile: Path | None = None) -> Iterator[Served]:
    """Five processes, whose executor has the runtime that does nothing, over real servers that `run` shares.

    `profile` is a folder for one of each.
    """
    with shared_server("rabbitmq", run) as rabbit, shared_server("mongo", run) as mongo:
        broker = Broker(rabbit.addresses["url"], rabbit.addresses["management_url"])
        name = f"bench-{uuid4().hex[:12]}"
        broker.add_vhost(name)
        try:
            with five_services(directory, broker, name, mongo.addresses["url"], name) as services:
                _start(services, profile)
                installation = services.installation
                yield Served("distributed", installation.gateway_port, installation.keys.admin_token)
                if profile is not None:
                    services.stop()
        finally:
            broker.remove_vhost(name)


def _start(services: Services, profile: Path | None) -> None:
    for name in services.installation.names:
        module = "tests.bench.executor" if name == "executor" else f"runfold.{name}"
        command = [sys.executable, "-m", *under(profile / name if profile else None), module]
        services.launch(name, command, {"PYTHONPATH": str(ROOT)})
    services.await_ready()


@contextlib.contextmanager
def bare(directory: Path, *, record: int, answer: int) -> Iterator[int]:
    """The port of the smallest server that makes `record` bytes durable and answers `answer` bytes."""
    (port,) = free_ports(1)
    arguments = [str(port), str(directory / "bare.log"), str(record), str(answer)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare", *arguments], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline(), "the bare server ended"
            yield port
        finally:
            process.kill()


def load(job: Job) -> Outcome:
    """What clients in a process of their own find."""
    return msgspec.json.decode(_python("tests.bench.load", said=msgspec.json.encode(job)), type=Outcome)


def program(module: str, *arguments: str, profile: Path | None = None) -> dict[str, float]:
    """What a module of the bench, run by itself, prints as JSON."""
    return msgspec.json.decode(_python(*under(profile), module, *arguments), type=dict[str, float])


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _python(*arguments: str, said: bytes = b"") -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        input=said,
        stdout=subprocess.PIPE,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout
