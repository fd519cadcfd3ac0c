"""`runfold rerun`: the same again, or nearly."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def rerun(
    name: given.RunName,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Of the configuration, as YAML; may be repeated."),
    ] = None,
    as_name: Annotated[
        str | None, typer.Option("--name", "-n", metavar="NAME", help="A name of its own; the old run stays.")
    ] = None,
    yes: given.Yes = False,
    detach: given.Detach = False,
    project: given.Project = None,
) -> None:
    """Submit a run's configuration again, with some of it changed. A finished run of the same name gives way.

    \b
    runfold rerun train
    runfold rerun train --set resources.gpu=A100:2 --set env.LR=0.1 -n train-2
    """
    from runfold.client.cli.applying.again import again

    if not again(name, settings or (), as_name=as_name, yes=yes, project=project, detach=detach):
        raise typer.Exit(1)
