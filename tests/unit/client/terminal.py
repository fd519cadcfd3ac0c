"""A terminal of fixed size: what a person sees of what was written to it."""

import io

import pyte
from rich.console import Console

COLUMNS, LINES = 90, 24


class Terminal:
    """Takes what a program writes, escape sequences and all."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.Stream(self._screen)
        self.written = io.StringIO()

    def console(self) -> Console:
        return Console(
            file=self.written,
            width=COLUMNS,
            height=LINES,
            force_terminal=True,
            color_system="standard",
            highlight=False,
        )

    def feed(self, text: str) -> None:
        # A terminal's own line discipline makes a new line begin at the left.
        self._stream.feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))

    def seen(self) -> str:
        """Without what is blank at the end of lines and below the last one."""
        self.feed(self.written.getvalue())
        self.written.seek(0)
        self.written.truncate()
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip() + "\n"

    def colour(self, text: str) -> str:
        """Of the first place where `text` is seen."""
        self.seen()
        for number, line in enumerate(self._screen.display):
            if (at := line.find(text)) >= 0:
                return str(self._screen.buffer[number][at].fg)
        raise AssertionError(f"{text!r} isn't on the screen")
