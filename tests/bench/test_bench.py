"""Every row runs, and what the bench writes is a report. Numbers are not judged here: machines differ."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.distributed.installation import SERVICES
from tests.bench import report
from tests.bench.rows import ROWS, SHORT
from tests.servers.broker import Broker
from tests.servers.fixtures import Engine

ROOT = Path(__file__).parents[2]


@pytest.fixture
def servers(broker: Broker, mongo_url: str, docker_engine: Engine) -> dict[str, str]:
    """The variables by which a bench finds those that this run of tests has."""
    return {
        "RUNFOLD_TEST_AMQP_URL": broker.url,
        "RUNFOLD_TEST_AMQP_MANAGEMENT_URL": broker.management_url,
        "RUNFOLD_TEST_MONGO_URL": mongo_url,
        "DOCKER_HOST": docker_engine.url,
    }


def bench(servers: dict[str, str], *arguments: str) -> str:
    """What a short bench prints."""
    command = [sys.executable, "-m", "tests.bench", "--short", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **servers}, stdout=subprocess.PIPE, timeout=240, check=True
    )
    return done.stdout.decode()


@pytest.mark.parametrize(("row", "processes"), [("containers", ("containers",)), ("distributed", SERVICES)])
def test_each_process_of_a_row_may_be_profiled(
    servers: dict[str, str], row: str, processes: tuple[str, ...]
) -> None:
    printed = bench(servers, "--profile", row)

    profiles = dict(part.split("\n", 1) for part in printed.split("--- ")[1:])
    assert set(profiles) == set(processes)
    of_ours = re.compile(r"/runfold/[a-z_/]+\.py:\d+\(")
    assert all(of_ours.search(profile) for profile in profiles.values())


def test_each_row_is_measured_beside_its_limit(servers: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "bench.json"

    bench(servers, "--json", str(file))

    found = report.read(file)

    calls, wirings = 3 * len(SHORT.clients), 2
    assert len(found.rows) == wirings * (calls + 2) + len(ROWS) - 3
    assert all(row.value > 0 for row in found.rows)
    assert all(row.limit for row in found.rows if not row.row.startswith("memory"))
