"""`runfold run`: one run, whole."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False, help="Single runs.", no_args_is_help=True)


@app.callback()
def run() -> None:
    """Single runs.

    \b
    runfold run get hello --json
    """


@app.command()
def get(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The run's name.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Its id, in place of the name.")] = None,
    as_json: given.AsJson = False,
    project: given.Project = None,
) -> None:
    """One run; with --json all that the server says of it.

    \b
    runfold run get hello --json
    """
    from datetime import UTC, datetime

    from runfold.client.blocking import Client
    from runfold.client.calls import runs as calls
    from runfold.client.cli.named import run_named
    from runfold.client.cli.shown import consoles, json
    from runfold.client.cli.shown.runs import runs_table

    if name is None and id is None:
        raise typer.BadParameter("give a name, or --id")
    with Client.configured(project) as client:
        found = client.runs.get(id=id) if name is None else run_named(client, name)
        if as_json:
            json.whole(client.send(calls.get(client.project, id=found.id).plain()))
        else:
            consoles.answers().print(runs_table([found], datetime.now(UTC), verbose=True))
