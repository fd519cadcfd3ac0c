"""`runfold delete`: finished runs, and fleets."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def delete(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Names of runs.")] = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="A configuration with the name of what is to go."),
    ] = None,
    yes: given.Yes = False,
    project: given.Project = None,
) -> None:
    """Delete finished runs by their names, or what files describe. Their history stays in the log.

    \b
    runfold delete hello
    runfold delete -f fleet.dstack.yml -y
    """
    from pathlib import Path

    from runfold.client.blocking import Client
    from runfold.client.cli.deleting import delete_fleet, delete_run
    from runfold.client.configuration import documents
    from runfold.client.configuration.errors import InvalidConfiguration

    described = documents.read(files or (), Path.cwd()) if files or not names else []
    with Client.configured(project) as client:
        for name in names or ():
            delete_run(client, name, yes=yes)
        for document in described:
            if not (name := str(document.configuration.get("name") or "")):
                raise InvalidConfiguration(f"{document.path} names nothing")
            (delete_fleet if document.type == "fleet" else delete_run)(client, name, yes=yes)
