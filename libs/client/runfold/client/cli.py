"""The `runfold` command. Distributions add commands of their own under the entry point group `runfold.commands`."""

from collections.abc import Callable
from importlib.metadata import entry_points

import typer

from runfold.client import dead_letters, parked
from runfold.client.rebuild import rebuild

app = typer.Typer(
    name="runfold",
    help="Runs containers on fleets of machines.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Without this a single command would be the whole program."""


def main() -> None:
    """The console script."""
    for point in sorted(entry_points(group="runfold.commands"), key=lambda point: point.name):
        command: Callable[..., object] = point.load()
        app.command(point.name)(command)
    app.command("rebuild")(rebuild)
    app.add_typer(dead_letters.app, name="dead-letters")
    app.add_typer(parked.app, name="parked")
    app()
