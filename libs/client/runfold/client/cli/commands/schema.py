"""`runfold schema`: for editors."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def schema(
    type: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="task or fleet; else any of them.")
    ] = None,
) -> None:
    """Print the JSON Schema of configurations, by which an editor completes and checks them.

    \b
    runfold schema > ~/.runfold/configuration.json
    then, as a file's first line:
    # yaml-language-server: $schema=~/.runfold/configuration.json
    """
    from runfold.client.cli.shown import json
    from runfold.client.configuration import schemas

    if type is not None and type not in schemas.types():
        raise typer.BadParameter(f"there are {', '.join(schemas.types())}")
    json.whole(schemas.schema(type))
