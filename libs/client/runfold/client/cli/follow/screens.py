"""The one place in which progress is shown: a line that changes in a terminal, else a line for each change."""

from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from runfold.client.cli.follow.phase import Phase

_STYLES = {"running": "green", "done": "green", "failed": "bold red", "terminated": "yellow"}


class Screen(Protocol):
    def show(self, name: str, phase: Phase, *, leave: bool = False) -> None:
        """`leave`: what comes next on this terminal is the job's own output."""


def screen(console: Console) -> Screen:
    return LineScreen(console) if console.is_terminal else PlainScreen(console)


class PlainScreen:
    def __init__(self, console: Console) -> None:
        self._console, self._last = console, ""

    def show(self, name: str, phase: Phase, *, leave: bool = False) -> None:
        if (line := f"{name}: {phase}") != self._last:
            self._last = line
            self._console.print(Text(line), soft_wrap=True)


class LineScreen:
    """`⠋ hello  queued → provisioning → pulling (3.1 MB of 28.4 MB)`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._phases: list[Phase] = []
        self._left = False

    def show(self, name: str, phase: Phase, *, leave: bool = False) -> None:
        if leave and self._left:
            return
        self._left = leave
        if self._phases and self._phases[-1].word == phase.word:
            self._phases.pop()
        self._phases.append(phase)
        live = self._started()
        line = _line(name, self._phases)
        live.update(line if leave else Spinner("dots", line), refresh=True)
        if leave:
            live.stop()
            self._live, self._phases = None, []

    def _started(self) -> Live:
        if self._live is None:
            self._live = Live(console=self._console)
            self._live.start()
        return self._live


def _line(name: str, phases: list[Phase]) -> Text:
    *past, now = phases
    line = Text(f"{name}  ", style="bold")
    for each in past:
        line.append(f"{each.word} → ", style="dim")
    return line.append(str(now), style=_STYLES.get(now.word, "cyan"))


class Silent:
    """Nothing is shown but the output."""

    def show(self, name: str, phase: Phase, *, leave: bool = False) -> None: ...
