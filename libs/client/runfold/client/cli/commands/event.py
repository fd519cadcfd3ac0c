"""`runfold event`: what happened."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)

Names = list[str] | None


@app.callback(invoke_without_command=True)
def event(
    ctx: typer.Context,
    project: given.Project = None,
) -> None:
    """What happened, and to what: the last hundred, or what is newer than a time.

    \b
    runfold event
    runfold event list --since 1h --watch
    runfold event list --within-run hello
    """
    if ctx.invoked_subcommand is None:
        list_all(project=project)


@app.command("list")
def list_all(
    watch: given.Watch = False,
    since: given.Since = None,
    target_fleet: Annotated[Names, typer.Option(metavar="NAME", help="Only about this fleet.")] = None,
    target_run: Annotated[Names, typer.Option(metavar="NAME", help="Only about this run.")] = None,
    target_secret: Annotated[Names, typer.Option(metavar="NAME", help="Only about this secret.")] = None,
    within_fleet: Annotated[
        Names, typer.Option(metavar="NAME", help="Only about this fleet and its instances.")
    ] = None,
    within_run: Annotated[
        Names, typer.Option(metavar="NAME", help="Only about this run and its jobs.")
    ] = None,
    include_target_type: Annotated[
        Names, typer.Option(metavar="TYPE", help="Only about such: run, job, fleet, instance, …")
    ] = None,
    as_json: given.AsJson = False,
    project: given.Project = None,
) -> None:
    """The last hundred events of the project, oldest first; with --since all that are newer.

    \b
    runfold event list --since 5m -w
    runfold event list --target-run hello --json     a line of JSON for each
    """
    from datetime import UTC, datetime

    from runfold.client.blocking import Client
    from runfold.client.cli import events
    from runfold.client.cli.moments import moment

    wanted = {
        ("target", "fleet"): target_fleet,
        ("target", "run"): target_run,
        ("target", "secret"): target_secret,
        ("within", "fleet"): within_fleet,
        ("within", "run"): within_run,
    }
    after = moment(since, datetime.now(UTC))
    with Client.configured(project) as client:
        filters = events.filters(client, {kind: names for kind, names in wanted.items() if names})
        listing = events.Listing(client, filters, include_target_type or (), as_json=as_json)
        listing.show(after)
        if watch:
            listing.watch()
