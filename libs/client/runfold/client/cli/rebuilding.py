"""A rebuild of what is derived from the log, and how far it is."""

import time
from typing import Any

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from runfold.client.blocking import Client
from runfold.client.calls.native import native
from runfold.client.cli.shown import consoles

PAUSE = 0.5  #: seconds between looks: it has no events

Standing = dict[str, Any]


def begun(client: Client) -> Standing:
    answer: Standing = client.send(native("POST", "rebuild"))
    return answer


def awaited(client: Client, begun: Standing, *, quiet: bool) -> Standing:
    """How it stands once the one that was begun is over: it, or one after it, is active, or it doesn't get on."""
    columns = TextColumn("Rebuilding"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=consoles.talk(), disable=quiet) as bar:
        task, now = bar.add_task("rebuild"), begun
        while now["running"] and now["generation"] == begun["generation"] and now["failure"] is None:
            bar.update(task, total=now["head"], completed=now["position"])
            time.sleep(PAUSE)
            now = client.send(native("GET", "rebuild"))
        if now["failure"] is None:
            bar.update(task, total=1, completed=1)
    return now
