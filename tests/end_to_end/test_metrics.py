"""What a running task uses ends up beside the log."""

import asyncio
from contextlib import closing
from pathlib import Path

from runfold.contracts.metrics import Sample
from runfold.eventlog.adapters.metrics_sqlite import SqliteMetricsStore
from tests.end_to_end.embedded import Embedded


def samples(directory: Path, attempt_id: str) -> tuple[Sample, ...]:
    async def read() -> tuple[Sample, ...]:
        store = SqliteMetricsStore(directory / "metrics.db")
        found = await store.read(attempt_id)
        await store.close()
        return found

    return asyncio.run(read())


def test_a_busy_tasks_processor_time_and_memory_are_kept(tmp_path: Path) -> None:
    environment = {"RUNFOLD_METRICS_INTERVAL": "0.2"}
    with closing(Embedded(tmp_path / "server", environment=environment)) as server:
        client = server.start()
        run = client.submit("timeout 3 sh -c 'while :; do :; done' || true", name="busy")
        attempt_id = run["jobs"][0]["job_submissions"][0]["id"]
        client.wait_for("busy")
        # Stopped in order, so that what was sampled is stored.
        assert server.stop() == 0
        newest, *_, oldest = samples(server.directory, attempt_id)

    assert newest.cpu_micros > oldest.cpu_micros
    assert newest.time > oldest.time
    assert 0 < newest.memory_working_set_bytes <= newest.memory_bytes < newest.memory_total_bytes
    assert newest.cpus >= 1
