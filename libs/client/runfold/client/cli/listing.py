"""Lists of runs: once, or as they change."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.table import Table

from runfold.client.asynchronous import AsyncClient
from runfold.client.blocking import Client
from runfold.client.calls import runs as calls
from runfold.client.cli.shown import consoles, json
from runfold.client.cli.shown.runs import runs_table
from runfold.client.models.runs import FINAL, Run

PAGE = 100  #: the most that the server lists at once
Answer = dict[str, Any]  #: a run as the server says it


def chosen(client: Client, *, every: bool, last: int | None) -> list[Answer]:
    """The last `last`, all of a page, or the active ones: where there are none, the last finished one."""
    if last is not None:
        return _last(client, last)
    found = _page(client, only_active=not every)
    return found if found or every else _page(client, limit=1)


def show(found: list[Answer], *, project: str, as_json: bool, verbose: bool) -> None:
    if as_json:
        json.whole({"project": project, "runs": found})
    else:
        runs = msgspec.convert(found, list[Run])
        consoles.answers().print(runs_table(runs, datetime.now(UTC), verbose=verbose))


async def show_live(client: AsyncClient, *, every: bool, last: int | None, verbose: bool) -> None:
    """Until Ctrl-C."""
    from rich.live import Live

    runs: list[Run] = []

    def now() -> Table:
        return runs_table(runs, datetime.now(UTC), verbose=verbose)

    with Live(console=consoles.answers(), get_renderable=now, refresh_per_second=1) as live:
        async with aclosing(_changes(client, last or PAGE)) as changes:
            async for found in changes:
                runs = [run for run in msgspec.convert(found, list[Run]) if every or last or not run.final]
                live.refresh()


async def show_lines(client: AsyncClient, *, every: bool, last: int | None) -> None:
    """Each run, and each again when it changed, also when it becomes final; until Ctrl-C."""
    told: dict[str, Answer] = {}
    async with aclosing(_changes(client, last or PAGE)) as changes:
        async for found in changes:
            for run in reversed(found):
                over = run["status"] in FINAL and run["id"] not in told
                if told.get(run["id"]) != run and (every or last or not over):
                    json.line(run)
                    told[run["id"]] = run


async def _changes(client: AsyncClient, limit: int) -> AsyncGenerator[list[Answer]]:
    """The newest runs, and again after each event about a run or a job."""
    begin = (await client.events.happened()).next
    call = calls.listed(client.project, limit=min(limit, PAGE)).plain()
    yield await client.send(call)
    async with aclosing(client.events.follow(after=begin)) as events:
        async for event in events:
            if event.kind.startswith(("run.", "job.")):
                yield await client.send(call)


def _last(client: Client, count: int) -> list[Answer]:
    found: list[Answer] = []
    while len(found) < count:
        before = msgspec.convert(found[-1], Run) if found else None
        page = _page(client, limit=min(count - len(found), PAGE), before=before)
        if not page:
            break
        found += page
    return found


def _page(client: Client, **options: Any) -> list[Answer]:
    answer: list[Answer] = client.send(calls.listed(client.project, **options).plain())
    return answer
