"""Every row runs, and what the bench writes is a report. Numbers are not judged here: machines differ."""

import os
import subprocess
import sys
from pathlib import Path

from tests.bench import report
from tests.bench.rows import ROWS, SHORT
from tests.servers.broker import Broker
from tests.servers.fixtures import Engine

ROOT = Path(__file__).parents[2]


def test_each_row_is_measured_beside_its_limit(
    tmp_path: Path, broker: Broker, mongo_url: str, docker_engine: Engine
) -> None:
    file = tmp_path / "bench.json"
    servers = {
        "RUNFOLD_TEST_AMQP_URL": broker.url,
        "RUNFOLD_TEST_AMQP_MANAGEMENT_URL": broker.management_url,
        "RUNFOLD_TEST_MONGO_URL": mongo_url,
        "DOCKER_HOST": docker_engine.url,
    }
    subprocess.run(
        [sys.executable, "-m", "tests.bench", "--short", "--json", str(file)],
        cwd=ROOT,
        env={**os.environ, **servers},
        timeout=240,
        check=True,
    )

    found = report.read(file)

    calls, wirings = 3 * len(SHORT.clients), 2
    assert len(found.rows) == wirings * (calls + 2) + len(ROWS) - 3
    assert all(row.value > 0 for row in found.rows)
    assert all(row.limit for row in found.rows if not row.row.startswith("memory"))
