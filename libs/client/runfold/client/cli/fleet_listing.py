"""Lists of fleets: once, or again and again."""

import time
from datetime import UTC, datetime

from rich.table import Table

from runfold.client.blocking import Client
from runfold.client.calls import fleets as calls
from runfold.client.cli.shown import consoles, json
from runfold.client.cli.shown.fleets import fleets_table

REFRESH = 2.0  #: seconds; what happens to the cell's fleets is no event of a project, so it is looked at


def show(client: Client, *, as_json: bool, verbose: bool) -> None:
    if as_json:
        answer = client.send(calls.listed(client.project).plain())
        json.whole({"project": client.project, "fleets": answer})
    else:
        consoles.answers().print(_table(client, verbose))


def watch(client: Client, *, verbose: bool) -> None:
    """Until Ctrl-C."""
    from rich.live import Live

    with Live(_table(client, verbose), console=consoles.answers(), auto_refresh=False) as live:
        while True:
            time.sleep(REFRESH)
            live.update(_table(client, verbose), refresh=True)


def _table(client: Client, verbose: bool) -> Table:
    return fleets_table(client.fleets.list(), datetime.now(UTC), verbose=verbose)
