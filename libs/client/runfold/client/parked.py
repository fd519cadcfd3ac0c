"""`runfold parked`: what services couldn't handle and go on without."""

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runfold.client.asking import AsJson, asked

app = typer.Typer(
    help="Events that a service couldn't handle and goes on without: look at them, try them again, drop them."
)

Id = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]
Reactor = Annotated[str | None, typer.Option(help="Only what this one has parked, such as log.feed.")]


@app.command("list")
def list_all(
    reactor: Reactor = None,
    limit: Annotated[int, typer.Option(min=0, max=1000, help="So many, the oldest.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The oldest ones.

    Example: runfold parked list --reactor scheduler
    """
    only = {} if reactor is None else {"reactor": reactor}
    answer = asked(lambda to: to.call("GET", "parked", limit=limit, **only))
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    table = Table("Id", "Reactor", "Subject", "Position", "Tries", "Error", box=None)
    for parked in answer["parked"]:
        table.add_row(*_row(parked))
    console = Console()
    console.print(table)
    console.print(f"{answer['count']} in all")


@app.command()
def show(parked_id: Id, as_json: AsJson = False) -> None:
    """One, whole."""
    answer = asked(lambda to: to.call("GET", f"parked/{quote(parked_id, safe='')}"))
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    for name, value in answer.items():
        print(f"{name}: {'' if value is None else value}")


@app.command()
def retry(
    parked_id: Annotated[str | None, typer.Argument(help="Its id; without one, all of them.")] = None,
    reactor: Reactor = None,
    as_json: AsJson = False,
) -> None:
    """Have it tried again, once what it failed for is mended. It stays parked until it is handled."""
    if parked_id is None:
        answer = asked(lambda to: to.call("POST", "parked/retry", {"reactor": reactor}))
    else:
        answer = asked(lambda to: to.call("POST", f"parked/{quote(parked_id, safe='')}/retry"))
    print(json.dumps(answer) if as_json else f"{answer['retried']} tried again")


@app.command()
def drop(parked_id: Id) -> None:
    """Say that it needn't be handled."""
    asked(lambda to: to.call("DELETE", f"parked/{quote(parked_id, safe='')}"))
    print("dropped")


def _row(parked: dict[str, Any]) -> tuple[str | Text, ...]:
    """The error as text: what others wrote is no markup."""
    head = (parked["id"], parked["reactor"], parked["subject"], str(parked["position"]), str(parked["tries"]))
    return (*head, Text(parked["error"]))
