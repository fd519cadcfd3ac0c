"""`runfold attach`: back to a run."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def attach(
    name: given.RunName,
    logs: Annotated[bool, typer.Option("--logs", help="Also what it printed before.")] = False,
    job: given.Job = 0,
    replica: given.Replica = 0,
    since: given.Since = None,
    ports: given.Ports = None,
    host: given.Host = "localhost",
    identity: given.Identity = None,
    project: given.Project = None,
) -> None:
    """Stay with a run: its progress, then its output, until it is over. Ends with status 0 if it is done.

    Meanwhile its ports are this machine's, and `ssh NAME`, `scp` and `rsync` know it by its name.

    \b
    runfold attach hello
    runfold attach notebook -p 8888
    runfold attach hello --logs --job 1
    """
    from datetime import UTC, datetime

    from runfold.client.blocking import Client
    from runfold.client.cli.applying.following import follow
    from runfold.client.cli.moments import moment
    from runfold.client.cli.named import run_named
    from runfold.client.cli.reaching import reach

    now = datetime.now(UTC)
    with Client.configured(project) as client:
        run = run_named(client, name)
    after = moment(since, now) or (None if logs or not run.jobs else now)
    reached = reach(ports, host, identity, hints=True)
    if not follow(run, project=project, job=(job, replica), since=after, reach=reached):
        raise typer.Exit(1)
