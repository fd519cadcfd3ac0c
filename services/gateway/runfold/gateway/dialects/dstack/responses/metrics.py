"""Samples as dstack's metrics (its spec, section 7). Executors sample no GPUs, so there are none of those."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from runfold.contracts.metrics import Sample
from runfold.gateway.dialects.dstack.responses.encode import timestamp


def metrics(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """`samples` come newest first; of the oldest nothing is shown, since what it used of the CPU can't be told."""
    shown = samples[:-1]
    if not shown:
        return []
    values = {
        "cpus_detected_num": [sample.cpus for sample in shown],
        "cpu_usage_percent": [_cpu_percent(newer, older) for newer, older in pairwise(samples)],
        "memory_total_bytes": [sample.memory_total_bytes for sample in shown],
        "memory_usage_bytes": [sample.memory_bytes for sample in shown],
        "memory_working_set_bytes": [sample.memory_working_set_bytes for sample in shown],
    }
    times = [timestamp(sample.time) for sample in shown]
    return [{"name": name, "timestamps": times, "values": each} for name, each in values.items()]


def _cpu_percent(newer: Sample, older: Sample) -> int:
    """Of one CPU, in the time between both: two busy CPUs are 200."""
    return round(100 * (newer.cpu_micros - older.cpu_micros) / (newer.time - older.time))
