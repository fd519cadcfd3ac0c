"""`runfold parked`: what services couldn't handle and go on without."""

import json
from typing import Annotated
from urllib.parse import quote

import typer

from runfold.client.cli.administering import asked
from runfold.client.cli.options import AsJson

app = typer.Typer(
    add_completion=False,
    help="Events that a service couldn't handle and goes on without: look at them, try them again, drop them.",
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

    \b
    runfold parked list --reactor scheduler
    """
    only = {} if reactor is None else {"reactor": reactor}
    answer = asked("GET", "parked", limit=limit, **only)
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    from runfold.client.cli.shown import consoles
    from runfold.client.cli.shown.tables import table

    columns = ("id", "reactor", "subject", "position", "tries", "error")
    console = consoles.answers()
    console.print(table(columns, [[str(parked[name]) for name in columns] for parked in answer["parked"]]))
    console.print(f"{answer['count']} in all")


@app.command()
def show(parked_id: Id, as_json: AsJson = False) -> None:
    """One, whole."""
    answer = asked("GET", f"parked/{quote(parked_id, safe='')}")
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
        answer = asked("POST", "parked/retry", {"reactor": reactor})
    else:
        answer = asked("POST", f"parked/{quote(parked_id, safe='')}/retry")
    print(json.dumps(answer) if as_json else f"{answer['retried']} tried again")


@app.command()
def drop(parked_id: Id) -> None:
    """Say that it needn't be handled."""
    asked("DELETE", f"parked/{quote(parked_id, safe='')}")
    print("dropped")
