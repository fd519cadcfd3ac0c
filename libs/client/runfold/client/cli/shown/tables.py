"""A table without lines, as `ps` has it; what users wrote is text and no markup."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

Cell = str | Text

_STYLES = {
    "done": "green",
    "running": "bold green",
    "idle": "green",
    "active": "green",
    "available": "green",
    "failed": "bold red",
    "error": "bold red",
    "terminated": "yellow",
    "stopped": "yellow",
    "aborted": "yellow",
    "terminating": "yellow",
    "busy": "yellow",
}


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], right: Sequence[str] = ()) -> Table:
    """Columns named in `right` hold numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        made.add_column(
            column.upper(),
            no_wrap=number == 0,
            justify="right" if column in right else "left",
            overflow="fold",
        )
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return made


def status(word: str, told: str | None = None) -> Text:
    """Coloured by what it means; `told` says more than the word does."""
    text = told or word
    style = _STYLES.get(word, "")
    if word in ("failed", "error") or (text.startswith("exited (") and text != "exited (0)"):
        style = "bold red"
    return Text(text, style=style)
