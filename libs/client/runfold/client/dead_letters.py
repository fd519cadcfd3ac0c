"""`runfold dead-letters`: messages that nobody could handle."""

import base64
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runfold.client.asking import AsJson, asked

app = typer.Typer(help="Messages that nobody could handle: look at them, try them again, drop them.")

Queue = Annotated[str, typer.Argument(help="The queue in which it failed, such as log.facts.")]
Letter = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]


@app.command("list")
def list_all(
    limit: Annotated[int, typer.Option(min=0, max=100, help="Letters of each queue, the oldest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The oldest ones of each queue.

    Example: runfold dead-letters list --limit 5
    """
    answer = asked(lambda to: to.call("GET", "dead-letters", limit=limit))
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    table = Table("Queue", "Id", "Bytes", "Reason", "Begins with", box=None)
    for queue in answer["queues"]:
        for letter in queue["letters"]:
            table.add_row(queue["queue"], letter["id"], str(letter["size"]), *_shown(letter))
    console = Console()
    console.print(table)
    console.print(", ".join(f"{queue['queue']}: {queue['count']} in all" for queue in answer["queues"]))


@app.command()
def show(queue: Queue, letter: Letter, as_json: AsJson = False) -> None:
    """One, whole: its headers and why it failed on standard error, its body as it is on standard output."""
    answer = asked(lambda to: to.call("GET", f"dead-letters/{queue}/{letter}"))
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    for name in ("reason", "message_id", "content_type", "headers"):
        print(f"{name}: {answer[name]}", file=sys.stderr)
    sys.stdout.buffer.write(base64.b64decode(answer["body"]) + b"\n")


@app.command()
def replay(
    queue: Queue,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most, the oldest first.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put them back into their queue, once what they failed for is mended."""
    answer = asked(lambda to: to.call("POST", f"dead-letters/{queue}/replay", {"limit": limit}))
    print(json.dumps(answer) if as_json else f"{answer['replayed']} replayed")


@app.command()
def discard(queue: Queue, letter: Letter) -> None:
    """Drop one for ever."""
    asked(lambda to: to.call("DELETE", f"dead-letters/{queue}/{letter}"))
    print("discarded")


def _shown(letter: dict[str, Any]) -> tuple[Text, Text]:
    """As text: what others wrote is no markup."""
    beginning = letter["beginning"]
    return Text(letter["reason"]), Text(beginning if len(beginning) <= 60 else f"{beginning[:59]}…")
