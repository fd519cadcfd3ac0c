"""Attached to what was submitted, to its end; Ctrl-C asks whether it is to stop as well."""

import sys
from datetime import UTC, datetime

from runfold.client.asynchronous import AsyncClient
from runfold.client.blocking import Client
from runfold.client.cli.asking import confirmed
from runfold.client.cli.follow.attached import Attached
from runfold.client.cli.follow.screens import screen
from runfold.client.cli.follow.tail import Tail
from runfold.client.cli.running import awaited
from runfold.client.cli.shown import consoles, ends
from runfold.client.cli.ssh.reach import Reach
from runfold.client.cli.ssh.tunnel import Tunnel
from runfold.client.models.runs import Run


def follow(
    run: Run,
    *,
    project: str | None,
    job: tuple[int, int] = (0, 0),
    since: datetime | None = None,
    reach: Reach,
) -> bool:
    """Whether it ended well. `reach` is how its ports come here."""

    async def attached(client: AsyncClient) -> Run:
        tail = Tail(client, sys.stdout.buffer, job=job, since=since)
        tunnel = Tunnel(client, job=job, reach=reach, say=_dim)
        ended = await Attached(client, run, screen(consoles.talk()), tail, tunnel, _dim).follow()
        tell(ended, tail)
        return ended

    try:
        return awaited(project, attached).status == "done"
    except KeyboardInterrupt:
        _detach(run, project)
        return False


def tell(run: Run, tail: Tail) -> None:
    """Its end; of a failure its reason, its last lines where they aren't just above, and what to do."""
    on_screen = sys.stdout.isatty() and sys.stderr.isatty()
    if tail.in_a_line and on_screen:
        consoles.say("")
    well = run.status == "done"
    consoles.say(ends.verdict(run, datetime.now(UTC)), "green" if well else "bold red")
    if well:
        return
    if reason := ends.reason(run):
        consoles.say(f"Why: {reason}")
    if (lines := tail.last_lines(ends.LAST)) and not on_screen:
        consoles.say("Its last lines:")
        consoles.say("\n".join(f"  {line}" for line in lines), "dim")
    if advice := ends.advice(run):
        consoles.say(f"What to do: {advice}")


def _dim(text: str) -> None:
    consoles.say(text, "dim")


def _detach(run: Run, project: str | None) -> None:
    consoles.say("")
    if sys.stdin.isatty() and confirmed(f"Stop {run.name}?", yes=False):
        with Client.configured(project) as client:
            client.runs.stop(run.name)
        consoles.say(f"{run.name} is being stopped")
    else:
        consoles.say(f"{run.name} goes on; `runfold attach {run.name}` comes back to it")
