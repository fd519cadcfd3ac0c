"""`runfold rebuild`: everything that is derived from the log, made anew from it."""

import json
import sys
from typing import Annotated

import typer

from runfold.client.cli.options import AsJson

app = typer.Typer(add_completion=False)


@app.command()
def rebuild(
    as_json: AsJson = False,
    wait: Annotated[bool, typer.Option(help="Until it is over; it goes on in any case.")] = True,
) -> None:
    """Make the rows of finished runs anew from the log, while everything goes on.

    \b
    runfold rebuild
    """
    from runfold.client.blocking import Client
    from runfold.client.cli import rebuilding

    with Client.configured() as client:
        outcome = rebuilding.begun(client)
        if wait:
            outcome = rebuilding.awaited(client, outcome, quiet=as_json)
    if as_json:
        print(json.dumps(outcome))
    elif outcome["failure"] is not None:
        print(f"generation {outcome['generation']} can't be built: {outcome['failure']}", file=sys.stderr)
    elif outcome["running"]:
        print(f"generation {outcome['generation']} is being built")
    else:
        print(f"generation {outcome['generation']} is built, up to position {outcome['head']}")
    if outcome["failure"] is not None:
        raise typer.Exit(1)
