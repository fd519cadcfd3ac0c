"""Samples of what jobs use: once, or each time there are new ones."""

import time

from rich.table import Table

from runfold.client.blocking import Client
from runfold.client.cli.named import run_named
from runfold.client.cli.shown import consoles, json
from runfold.client.cli.shown.metrics import metrics_table
from runfold.client.models.output import JobMetrics
from runfold.client.models.runs import Job, Run

REFRESH = 10.0  #: seconds between samples


def show(client: Client, name: str, job: int | None, replica: int | None) -> None:
    consoles.answers().print(_table(client, name, job, replica))


def show_json(client: Client, name: str, job: int | None, replica: int | None) -> None:
    measured = _measured(client, run_named(client, name), job, replica)
    json.whole([{"job": each.job_spec, "metrics": metrics.metrics} for each, metrics in measured])


def watch(client: Client, name: str, job: int | None, replica: int | None) -> None:
    """Until Ctrl-C."""
    from rich.live import Live

    with Live(_table(client, name, job, replica), console=consoles.answers(), auto_refresh=False) as live:
        while True:
            time.sleep(REFRESH)
            live.update(_table(client, name, job, replica), refresh=True)


def _table(client: Client, name: str, job: int | None, replica: int | None) -> Table:
    run = run_named(client, name)
    return metrics_table(run, _measured(client, run, job, replica))


def _measured(client: Client, run: Run, job: int | None, replica: int | None) -> list[tuple[Job, JobMetrics]]:
    wanted = [
        each
        for each in run.jobs
        if job in (None, each.job_spec.job_num) and replica in (None, each.job_spec.replica_num)
    ]
    return [
        (
            each,
            client.metrics.of_job(
                run.name, job_num=each.job_spec.job_num, replica_num=each.job_spec.replica_num
            ),
        )
        for each in wanted
    ]
