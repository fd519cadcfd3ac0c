"""`runfold secret`: what jobs may know and lists don't show."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The secret's name.")]


@app.callback()
def secret() -> None:
    """Secrets of the project, for `${{ secrets.NAME }}` in configurations.

    \b
    runfold secret set hf_token hf_…
    runfold secret list
    """


@app.command("list")
def list_all(as_json: given.AsJson = False, project: given.Project = None) -> None:
    """Their names.

    \b
    runfold secret list
    """
    from runfold.client.blocking import Client
    from runfold.client.cli.shown import consoles, json
    from runfold.client.cli.shown.tables import table

    with Client.configured(project) as client:
        found = client.secrets.list()
    if as_json:
        json.whole(found)
    else:
        consoles.answers().print(table(("name", "value"), [(each.name, "******") for each in found]))


@app.command()
def get(name: Name, as_json: given.AsJson = False, project: given.Project = None) -> None:
    """One, with its value.

    \b
    runfold secret get hf_token
    """
    from runfold.client.blocking import Client
    from runfold.client.cli.shown import json

    with Client.configured(project) as client:
        found = client.secrets.get(name)
    if as_json:
        json.whole(found)
    else:
        print(found.value or "")


@app.command("set")
def put(
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Its value; - reads it from standard input.")],
    project: given.Project = None,
) -> None:
    """Make one, or give it another value.

    \b
    runfold secret set hf_token - < token.txt     others on this machine don't see it
    """
    import sys

    from runfold.client.blocking import Client

    with Client.configured(project) as client:
        client.secrets.set(name, sys.stdin.read().rstrip("\n") if value == "-" else value)
    print(f"secret {name} is set")


@app.command()
def delete(name: Name, yes: given.Yes = False, project: given.Project = None) -> None:
    """Delete one.

    \b
    runfold secret delete hf_token -y
    """
    from runfold.client.blocking import Client
    from runfold.client.cli.asking import confirmed

    if confirmed(f"Delete secret {name}?", yes=yes):
        with Client.configured(project) as client:
            client.secrets.get(name)
            client.secrets.delete(name)
        print(f"secret {name} is deleted")
