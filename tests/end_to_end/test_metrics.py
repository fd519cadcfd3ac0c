"""What a running task uses ends up beside the log, and is shown from there."""

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
        kept = samples(server.directory, attempt_id)
        shown = server.start().metrics("busy", limit=len(kept))
    newest, *_, oldest = kept

    assert newest.cpu_micros > oldest.cpu_micros
    assert newest.time > oldest.time
    # The newest may be of a task that has just ended, and uses no memory any more.
    midway = kept[len(kept) // 2]
    assert 0 < midway.memory_working_set_bytes <= midway.memory_bytes < midway.memory_total_bytes
    assert newest.cpus >= 1
    assert shown["memory_usage_bytes"] == [sample.memory_bytes for sample in kept[:-1]]
    assert shown["memory_total_bytes"][0] == newest.memory_total_bytes
    assert max(shown["cpu_usage_percent"]) > 0
