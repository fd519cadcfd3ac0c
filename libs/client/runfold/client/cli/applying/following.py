"""Attached to what was submitted, to its end; Ctrl-C asks whether it is to stop as well."""

import sys
from datetime import UTC, datetime

from rich.text import Text

from runfold.client.asynchronous import AsyncClient
from runfold.client.blocking import Client
from runfold.client.cli.asking import confirmed
from runfold.client.cli.follow.attached import Attached
from runfold.client.cli.follow.screens import screen
from runfold.client.cli.follow.tail import Tail
from runfold.client.cli.running import awaited
from runfold.client.cli.shown import consoles, ends
from runfold.client.models.runs import Run


def follow(
    run: Run, *, project: str | None, job: tuple[int, int] = (0, 0), since: datetime | None = None
) -> bool:
    """Whether it ended well."""

    async def attached(client: AsyncClient) -> Run:
        tail = Tail(client, sys.stdout.buffer, job=job, since=since)
        ended = await Attached(client, run, screen(consoles.talk()), tail).follow()
        tell(ended, tail)
        return ended

    try:
        return awaited(project, attached).status == "done"
    except KeyboardInterrupt:
        _detach(run, project)
        return False


def tell(run: Run, tail: Tail) -> None:
    """Its end; of a failure its reason, its last lines where they aren't just above, and what to do."""
    talk = consoles.talk()
    if tail.in_a_line and sys.stdout.isatty():
        talk.print()
    well = run.status == "done"
    talk.print(Text(ends.verdict(run, datetime.now(UTC)), style="green" if well else "bold red"))
    if well:
        return
    if reason := ends.reason(run):
        talk.print(Text(f"Why: {reason}"))
    if (lines := tail.last_lines(ends.LAST)) and not (sys.stdout.isatty() and talk.is_terminal):
        talk.print("Its last lines:")
        talk.print(*(Text(f"  {line}", style="dim") for line in lines), sep="\n")
    if advice := ends.advice(run):
        talk.print(Text(f"What to do: {advice}"))


def _detach(run: Run, project: str | None) -> None:
    talk = consoles.talk()
    talk.print()
    if sys.stdin.isatty() and confirmed(f"Stop {run.name}?", yes=False):
        with Client.configured(project) as client:
            client.runs.stop(run.name)
        talk.print(f"{run.name} is being stopped")
    else:
        talk.print(f"{run.name} goes on; `runfold attach {run.name}` comes back to it")
