"""The `runfold` command: which commands there are, each imported when it is called.

Distributions add commands of their own under the entry point group `runfold.commands`.
"""

import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from runfold.client.errors import RunfoldError

COMMANDS = {
    "apply": "apply",
    "attach": "attach",
    "completion": "completion",
    "dead-letters": "dead_letters",
    "delete": "delete",
    "event": "event",
    "fleet": "fleet",
    "logs": "logs",
    "metrics": "metrics",
    "offer": "offer",
    "parked": "parked",
    "project": "project",
    "ps": "ps",
    "rebuild": "rebuild",
    "rerun": "rerun",
    "run": "run",
    "schema": "schema",
    "secret": "secret",
    "skill": "skill",
    "stop": "stop",
}  #: the modules of `cli.commands`, each with an `app`
ADDED = "runfold.commands"


class Commands(TyperGroup):
    """Imports a command when it is asked for, rather than all of them at the start."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted({*COMMANDS, *(point.name for point in entry_points(group=ADDED))})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if (module := COMMANDS.get(cmd_name)) is not None:
            app = import_module(f"runfold.client.cli.commands.{module}").app
        elif added := entry_points(group=ADDED, name=cmd_name):
            app = typer.Typer(add_completion=False)
            app.command(cmd_name)(next(iter(added)).load())
        else:
            return None
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="runfold",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", help="The version of this client.")] = False,
) -> None:
    """Runs containers on fleets of machines.

    \b
    runfold up                        a server on this machine
    runfold apply -f task.dstack.yml  runs a task, and shows what it prints
    runfold ps                        what runs
    """
    if version:
        from importlib.metadata import version as version_of

        print(version_of("runfold-client"))
        raise typer.Exit


def main() -> None:
    """The console script: what was refused is told in one line, with status 1."""
    try:
        app(prog_name="runfold")
    except RunfoldError as error:
        print(f"runfold: {error}", file=sys.stderr)
        sys.exit(1)
