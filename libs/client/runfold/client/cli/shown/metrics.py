"""What jobs use."""

from collections.abc import Iterable

from rich.table import Table

from runfold.client.cli.shown import words
from runfold.client.cli.shown.tables import Cell, status, table
from runfold.client.models.output import JobMetrics
from runfold.client.models.runs import Job, Run


def metrics_table(run: Run, jobs: Iterable[tuple[Job, JobMetrics]]) -> Table:
    rows = [_row(run, job, metrics) for job, metrics in jobs]
    return table(("name", "status", "cpu", "memory", "gpu"), rows)


def _row(run: Run, job: Job, metrics: JobMetrics) -> list[Cell]:
    latest = job.latest
    named = f"{run.name}" if len(run.jobs) == 1 else f"{run.name} job={job.job_spec.job_num}"
    shown = status(latest.status, latest.status_message or None) if latest else "-"
    return [named, shown, _cpu(metrics), _memory(metrics), _gpus(metrics)]


def _cpu(metrics: JobMetrics) -> str:
    used, cpus = metrics.latest("cpu_usage_percent"), metrics.latest("cpus_detected_num")
    return "-" if used is None else f"{used:.0f}%" + (f" of {cpus:.0f}" if cpus else "")


def _memory(metrics: JobMetrics) -> str:
    used, total = metrics.latest("memory_working_set_bytes"), metrics.latest("memory_total_bytes")
    if used is None:
        return "-"
    return words.megabytes(used) + (f" of {words.megabytes(total)}" if total else "")


def _gpus(metrics: JobMetrics) -> str:
    count = int(metrics.latest("gpus_detected_num") or 0)
    told = [_gpu(metrics, number) for number in range(count)]
    return ", ".join(told) or "-"


def _gpu(metrics: JobMetrics, number: int) -> str:
    used, load = (
        metrics.latest(f"{name}_gpu{number}") for name in ("gpu_memory_usage_bytes", "gpu_util_percent")
    )
    return f"{number}: {load or 0:.0f}% {words.megabytes(used or 0)}"
