"""What all commands that ask the server share."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from runfold.client.connection import Connection, Failed, connect

AsJson = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]


def asked(question: Callable[[Connection], Any]) -> Any:
    """The answer; where there is none, one line says why, and the command ends with status 1."""
    try:
        return question(connect())
    except Failed as error:
        print(f"runfold: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
