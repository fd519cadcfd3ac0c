"""`just bench`: apply, get, and submit to done against `runfold up` with real processes; no targets, only numbers.

Prints a table and, with --json FILE, writes the same with the machine's size. The client shares the machine's cores.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from tests.end_to_end.embedded import TOKEN, Embedded

Row = dict[str, Any]
Call = Callable[[aiohttp.ClientSession, int], Awaitable[None]]
RUNS = "/api/project/main/runs"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=400, help="of each kind, for each number of clients")
    options.add_argument("--json", type=Path, help="file for the rows and the machine")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="runfold-bench-") as directory:
        server = Embedded(Path(directory) / "server")
        server.start()
        try:
            rows = asyncio.run(_rows(server.url, chosen.requests))
        finally:
            server.close()
    _print(rows)
    if chosen.json:
        machine = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        }
        chosen.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


async def _rows(url: str, requests: int) -> list[Row]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:
        rows, get = [], await _get_of(session)
        for clients in (1, 16):
            rows.append(
                await _measure("runs/apply, no host fits", clients, requests, session, _apply_waiting)
            )
            rows.append(await _measure("runs/get", clients, requests * 4, session, get))
        for clients in (1, 16):
            rows.append(await _measure("submit to done, `true`", clients, requests // 4, session, _to_done))
        return rows


async def _measure(name: str, clients: int, count: int, session: aiohttp.ClientSession, call: Call) -> Row:
    loop = asyncio.get_running_loop()
    numbers = iter(range(count))
    times: list[float] = []

    async def client() -> None:
        for number in numbers:
            began = loop.time()
            await call(session, number)
            times.append(loop.time() - began)

    began = loop.time()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = loop.time() - began
    percentiles = statistics.quantiles(times, n=100)
    return {
        "what": name,
        "clients": clients,
        "requests": count,
        "per_second": round(count / took, 1),
        "p50_ms": round(percentiles[49] * 1000, 2),
        "p99_ms": round(percentiles[98] * 1000, 2),
    }


async def _post(session: aiohttp.ClientSession, path: str, body: Row) -> Row:
    async with session.post(path, json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()  # type: ignore[no-any-return]


async def _apply(session: aiohttp.ClientSession, configuration: Row) -> Row:
    spec = {"configuration": {"type": "task", **configuration}}
    return await _post(session, f"{RUNS}/apply", {"plan": {"run_spec": spec}, "force": False})


async def _apply_waiting(session: aiohttp.ClientSession, _: int) -> None:
    """Accepted, then failed by the scheduler for want of a GPU: the accept path with nothing run."""
    await _apply(session, {"commands": ["true"], "resources": {"gpu": 64}})


async def _get_of(session: aiohttp.ClientSession) -> Call:
    """Asks for one run again and again."""
    run = await _apply(session, {"commands": ["true"]})
    body = {"run_name": run["run_spec"]["run_name"]}

    async def get(session: aiohttp.ClientSession, _: int) -> None:
        await _post(session, f"{RUNS}/get", body)

    return get


async def _to_done(session: aiohttp.ClientSession, _: int) -> None:
    run = await _apply(session, {"commands": ["true"]})
    while run["status"] not in ("done", "failed", "terminated"):
        run = await _post(session, f"{RUNS}/get", {"run_name": run["run_spec"]["run_name"]})
    assert run["status"] == "done", run["status_message"]


def _print(rows: list[Row]) -> None:
    table = Table(title=f"runfold up on {os.cpu_count()} cores, the client on the same")
    for column in ("what", "clients", "requests", "per_second", "p50_ms", "p99_ms"):
        table.add_column(column.replace("_", " "), justify="left" if column == "what" else "right")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


main()
