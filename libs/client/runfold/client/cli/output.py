"""A job's output on standard output: what there is, or all of it to the end."""

import sys
from datetime import datetime

import typer

from runfold.client.asynchronous import AsyncClient
from runfold.client.cli.follow.attached import Attached
from runfold.client.cli.follow.screens import Silent
from runfold.client.cli.follow.tail import Tail
from runfold.client.cli.running import awaited
from runfold.client.models.runs import Run


def show(
    run: Run,
    *,
    project: str | None,
    job: tuple[int, int],
    since: datetime | None,
    diagnose: bool,
    follow: bool,
) -> None:
    if run.jobs and run.job(*job) is None:
        raise typer.BadParameter(f"{run.name} has no job {job[0]} of replica {job[1]}")

    async def shown(client: AsyncClient) -> None:
        tail = Tail(client, sys.stdout.buffer, job=job, since=since, diagnose=diagnose)
        if follow:
            await Attached(client, run, Silent(), tail).follow()
        else:
            await tail.read(run)

    awaited(project, shown)
