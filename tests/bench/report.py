"""What a run of the bench found: rows, and the machine they were found on."""

import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.load import Outcome

COLUMNS = ("row", "wiring", "clients", "value", "unit", "p50_ms", "p99_ms", "limit", "of_limit")


class Row(msgspec.Struct, kw_only=True):
    """`limit` has the unit of `value` and was measured in the same run; `limit_is` says by what."""

    row: str
    wiring: str
    value: float
    unit: str
    clients: int = 1
    p50_ms: float | None = None
    p99_ms: float | None = None
    limit: float | None = None
    limit_is: str = ""
    busy: float | None = None  #: share of one core that the clients took

    @property
    def of_limit(self) -> float | None:
        return round(self.value / self.limit, 2) if self.limit else None


class Machine(msgspec.Struct, kw_only=True):
    cores: int
    memory_bytes: int
    python: str
    system: str
    load: float  #: average of the last minute, when the bench began


class Report(msgspec.Struct, kw_only=True):
    at: datetime
    machine: Machine
    rows: list[Row]


def rate(row: str, wiring: str, clients: int, outcome: Outcome) -> Row:
    """Requests a second, and how long one took."""
    cuts = statistics.quantiles(outcome.times, n=100, method="inclusive")
    return Row(
        row=row,
        wiring=wiring,
        clients=clients,
        value=round(len(outcome.times) / outcome.took, 1),
        unit="/s",
        p50_ms=round(cuts[49] * 1000, 2),
        p99_ms=round(cuts[98] * 1000, 2),
        busy=round(outcome.busy, 2),
    )


def this_machine() -> Machine:
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        python=platform.python_version(),
        system=platform.platform(),
        load=round(os.getloadavg()[0], 2),
    )


def report(rows: list[Row], machine: Machine) -> Report:
    return Report(at=datetime.now(UTC), machine=machine, rows=rows)


def write(found: Report, path: Path) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def read(path: Path) -> Report:
    """Raises msgspec.ValidationError where it is no report."""
    return msgspec.json.decode(path.read_bytes(), type=Report)


def show(found: Report) -> None:
    machine = found.machine
    title = f"{found.at:%Y-%m-%d}, {machine.cores} cores shared with the clients, load {machine.load} before"
    table = Table(title=title)
    for column in COLUMNS:
        table.add_column(column.replace("_", " "), justify="left" if column in ("row", "wiring") else "right")
    for row in found.rows:
        cells = (getattr(row, column) for column in COLUMNS)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    Console(width=130).print(table)
