"""`runfold dead-letters`: messages that nobody could handle."""

import base64
import json
import sys
from typing import Annotated, Any

import typer

from runfold.client.cli.administering import asked
from runfold.client.cli.options import AsJson

app = typer.Typer(
    add_completion=False, help="Messages that nobody could handle: look at them, try them again, drop them."
)

Queue = Annotated[str, typer.Argument(help="The queue in which it failed, such as log.facts.")]
Letter = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]


@app.command("list")
def list_all(
    limit: Annotated[int, typer.Option(min=0, max=100, help="Letters of each queue, the oldest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The oldest ones of each queue.

    \b
    runfold dead-letters list --limit 5
    """
    answer = asked("GET", "dead-letters", limit=limit)
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    from runfold.client.cli.shown import consoles
    from runfold.client.cli.shown.tables import table

    rows = [_row(queue["queue"], letter) for queue in answer["queues"] for letter in queue["letters"]]
    console = consoles.answers()
    console.print(table(("queue", "id", "bytes", "reason", "begins with"), rows))
    console.print(", ".join(f"{queue['queue']}: {queue['count']} in all" for queue in answer["queues"]))


@app.command()
def show(queue: Queue, letter: Letter, as_json: AsJson = False) -> None:
    """One, whole: its headers and why it failed on standard error, its body as it is on standard output."""
    answer = asked("GET", f"dead-letters/{queue}/{letter}")
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
    answer = asked("POST", f"dead-letters/{queue}/replay", {"limit": limit})
    print(json.dumps(answer) if as_json else f"{answer['replayed']} replayed")


@app.command()
def discard(queue: Queue, letter: Letter) -> None:
    """Drop one for ever."""
    asked("DELETE", f"dead-letters/{queue}/{letter}")
    print("discarded")


def _row(queue: str, letter: dict[str, Any]) -> list[str]:
    beginning = letter["beginning"]
    short = beginning if len(beginning) <= 60 else f"{beginning[:59]}…"
    return [queue, letter["id"], str(letter["size"]), letter["reason"], short]
