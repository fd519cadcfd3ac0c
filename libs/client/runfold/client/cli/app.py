"""The `runfold` command: which commands there are, each imported when it is called.

Distributions add commands of their own under the entry point group `runfold.commands`.
"""

import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from runfold.client.errors import RunfoldError

#: Each in a module of `cli.commands`, with an `app`; what it does in a few words, so that the list needs none of them.
COMMANDS = {
    "apply": "Submit what files say, and stay with it",
    "attach": "Come back to a run",
    "completion": "Print a shell's completion script",
    "dead-letters": "Messages that nobody could handle",
    "delete": "Delete finished runs and fleets",
    "event": "What happened, and to what",
    "fleet": "Fleets and their instances",
    "logs": "What a run printed",
    "metrics": "What a run uses",
    "offer": "What could take a run",
    "parked": "Events that a service couldn't handle",
    "project": "Servers and projects that are configured here",
    "ps": "List runs",
    "rebuild": "Make rows of finished runs anew from the log",
    "rerun": "Submit a run again, with some of it changed",
    "run": "One run, whole",
    "schema": "Print the JSON Schema of configurations",
    "secret": "Secrets of a project",
    "skill": "Print a guide for AI agents",
    "stop": "Stop runs",
}
ADDED = "runfold.commands"


class Commands(TyperGroup):
    """Imports a command when it is called, rather than all of them at the start."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted({*COMMANDS, *(point.name for point in entry_points(group=ADDED))})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Enough of it for the list."""
        if (summary := COMMANDS.get(cmd_name)) is not None:
            return TyperCommand(cmd_name, help=summary)
        return _added(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The one that is called, whole."""
        if self.get_command(ctx, args[0]) is None:
            close = get_close_matches(args[0], self.list_commands(ctx), 1)
            ctx.fail(f"There is no command {args[0]}" + (f"; did you mean {close[0]}?" if close else "."))
        name, found, rest = super().resolve_command(ctx, args)
        return name, _own(name) if name in COMMANDS else found, rest


def _own(name: str) -> Any:
    module = import_module(f"runfold.client.cli.commands.{name.replace('-', '_')}")
    return _named(name, module.app)


def _added(name: str) -> Any:
    for point in entry_points(group=ADDED, name=name):
        app = typer.Typer(add_completion=False)
        app.command(name)(point.load())
        return _named(name, app)
    return None


def _named(name: str, app: typer.Typer) -> Any:
    command = typer.main.get_command(app)
    command.name = name
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
