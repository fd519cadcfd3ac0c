"""`runfold rebuild`: everything that is derived from the log, made anew from it."""

import json
import sys
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from runfold.client.asking import AsJson, asked
from runfold.client.connection import Connection

PAUSE = 0.5  #: seconds between looks


def rebuild(
    as_json: AsJson = False,
    wait: Annotated[bool, typer.Option(help="Until it is over; it goes on in any case.")] = True,
) -> None:
    """Make the rows of finished runs anew from the log, while everything goes on.

    Example: runfold rebuild
    """

    def question(to: Connection) -> dict[str, Any]:
        begun: dict[str, Any] = to.call("POST", "rebuild")
        return _awaited(to, begun, quiet=as_json) if wait else begun

    outcome = asked(question)
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


def _awaited(to: Connection, begun: dict[str, Any], *, quiet: bool) -> dict[str, Any]:
    """How it stands once the one that was begun is over: it, or one after it, is active, or it doesn't get on."""
    columns = TextColumn("Rebuilding"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        task, now = bar.add_task("rebuild"), begun
        while now["running"] and now["generation"] == begun["generation"] and now["failure"] is None:
            bar.update(task, total=now["head"], completed=now["position"])
            time.sleep(PAUSE)
            now = to.call("GET", "rebuild")
        if now["failure"] is None:
            bar.update(task, total=1, completed=1)
    return now
