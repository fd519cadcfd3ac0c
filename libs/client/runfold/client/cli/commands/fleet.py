"""`runfold fleet`: where runs go."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The fleet's name.")]


@app.callback(invoke_without_command=True)
def fleet(
    ctx: typer.Context,
    verbose: given.Verbose = False,
    watch: given.Watch = False,
    as_json: given.AsJson = False,
    project: given.Project = None,
) -> None:
    """Fleets and their instances: list, look, delete. `runfold apply` makes them.

    \b
    runfold fleet
    runfold fleet get local --json
    runfold fleet delete gpus -i 2
    """
    if ctx.invoked_subcommand is None:
        list_all(verbose=verbose, watch=watch, as_json=as_json, project=project)


@app.command("list")
def list_all(
    verbose: given.Verbose = False,
    watch: given.Watch = False,
    as_json: given.AsJson = False,
    project: given.Project = None,
) -> None:
    """All that the project may use, each with its instances.

    \b
    runfold fleet list -v
    """
    from runfold.client.blocking import Client
    from runfold.client.cli import fleet_listing

    with Client.configured(project) as client:
        if watch:
            fleet_listing.watch(client, verbose=verbose)
        else:
            fleet_listing.show(client, as_json=as_json, verbose=verbose)


@app.command()
def get(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The fleet's name.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Its id, in place of the name.")] = None,
    as_json: given.AsJson = False,
    project: given.Project = None,
) -> None:
    """One fleet; with --json all that the server says of it.

    \b
    runfold fleet get local --json
    """
    from datetime import UTC, datetime

    from runfold.client.blocking import Client
    from runfold.client.calls import fleets as calls
    from runfold.client.cli.named import fleet_named
    from runfold.client.cli.shown import consoles, json
    from runfold.client.cli.shown.fleets import fleets_table

    with Client.configured(project) as client:
        found = client.fleets.get(id=id) if id else fleet_named(client, _given(name))
        if as_json:
            json.whole(client.send(calls.get(client.project, id=found.id).plain()))
        else:
            consoles.answers().print(fleets_table([found], datetime.now(UTC), verbose=True))


@app.command()
def delete(
    name: Name,
    instances: Annotated[
        list[int] | None,
        typer.Option("--instance", "-i", metavar="NUMBER", help="Only this instance; may be repeated."),
    ] = None,
    yes: given.Yes = False,
    project: given.Project = None,
) -> None:
    """Delete a fleet, or some of its instances.

    \b
    runfold fleet delete gpus
    runfold fleet delete gpus -i 0 -i 2 -y
    """
    from runfold.client.blocking import Client
    from runfold.client.cli import deleting

    with Client.configured(project) as client:
        if instances:
            deleting.delete_instances(client, name, instances, yes=yes)
        else:
            deleting.delete_fleet(client, name, yes=yes)


def _given(name: str | None) -> str:
    if name is None:
        raise typer.BadParameter("give a name, or --id")
    return name
