"""Where things are shown: answers on standard output, talk about them on standard error."""

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

WIDE = 1000  #: columns where nobody looks, so that nothing is cut off


def answers() -> Console:
    return _console(sys.stdout)


def talk() -> Console:
    return _console(sys.stderr)


def say(text: str, style: str = "") -> None:
    """A line of talk, whole: what others wrote is no markup, and whoever reads it may copy it."""
    talk().print(Text(text, style=style), soft_wrap=True)


def _console(file: Any) -> Console:
    """A terminal's own width, COLUMNS where that is set, else no limit."""
    console = Console(file=file, highlight=False)
    if not console.is_terminal and "COLUMNS" not in console._environ:
        console.width = WIDE
    return console
