"""`runfold logs`: what a run printed."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def logs(
    name: given.RunName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until the run is over.")] = False,
    diagnose: Annotated[
        bool, typer.Option("--diagnose", "-d", help="What its runner says, not the job.")
    ] = False,
    job: given.Job = 0,
    replica: given.Replica = 0,
    since: given.Since = None,
    project: given.Project = None,
) -> None:
    """Show what a job printed, as it is.

    \b
    runfold logs hello
    runfold logs hello -f --since 5m
    """
    from datetime import UTC, datetime

    from runfold.client.blocking import Client
    from runfold.client.cli import output
    from runfold.client.cli.moments import moment
    from runfold.client.cli.named import run_named

    after = moment(since, datetime.now(UTC))
    with Client.configured(project) as client:
        run = run_named(client, name)
    output.show(run, project=project, job=(job, replica), since=after, diagnose=diagnose, follow=follow)
