"""`runfold project`: which servers and projects this user's commands are for."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The project's name.")]


@app.callback(invoke_without_command=True)
def project(ctx: typer.Context) -> None:
    """Projects that this user's commands are for, kept in ~/.runfold/config.yml.

    \b
    runfold project
    runfold project add --name main --url http://127.0.0.1:3000 --token …
    runfold project set-default main
    """
    if ctx.invoked_subcommand is None:
        list_all()


@app.command("list")
def list_all(verbose: given.Verbose = False, as_json: given.AsJson = False) -> None:
    """Those that are configured; with -v also who one is there.

    \b
    runfold project list -v
    """
    from runfold.client.cli import projects

    projects.show(verbose=verbose, as_json=as_json)


@app.command()
def add(
    name: Annotated[str, typer.Option(help="The project's name.")],
    url: Annotated[str, typer.Option(help="The server's URL.")],
    token: Annotated[str, typer.Option(help="The user's token; - reads it from standard input.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Make it the default, without asking.")] = False,
    no: Annotated[
        bool, typer.Option("--no", "-n", help="Don't make it the default, without asking.")
    ] = False,
) -> None:
    """Remember a project, once the server knows the token.

    \b
    runfold project add --name main --url http://127.0.0.1:3000 --token - < token.txt
    """
    from runfold.client.cli import projects

    projects.add(name, url, token, default=True if yes else False if no else None)


@app.command("set-default")
def set_default(name: Name) -> None:
    """Have commands be for this one, where nothing else is said.

    \b
    runfold project set-default main
    """
    from runfold.client.cli import projects

    projects.set_default(name)


@app.command()
def delete(name: Name, yes: given.Yes = False) -> None:
    """Forget one; the server's project stays.

    \b
    runfold project delete old
    """
    from runfold.client.cli import projects
    from runfold.client.cli.asking import confirmed

    if confirmed(f"Forget project {name}?", yes=yes):
        projects.forget(name)
