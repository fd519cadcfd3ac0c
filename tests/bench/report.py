"""What a run of the bench found: rows, and the machine they were found on."""

import os
import platform
import statistics
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import msgspec
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from tests.bench.load import Outcome

COLUMNS = {
    "row": "row",
    "wiring": "wiring",
    "clients": "clients",
    "value": "value",
    "unit": "unit",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "limit": "limit",
    "of_limit": "of limit",
}
#: Beside these, where a row was compared.
COMPARED = {"compared": "dstack", "of_compared": "× dstack"}


class Row(msgspec.Struct, kw_only=True):
    """`limit` has the unit of `value` and was measured in the same run; `limit_is` says by what.

    `compared` is what another system does, in the same unit and the same run, and `compared_is` which one.
    """

    row: str
    wiring: str
    value: float
    unit: str
    clients: int = 1
    p50_ms: float | None = None
    p99_ms: float | None = None
    limit: float | None = None
    limit_is: str = ""
    compared: float | None = None
    compared_is: str = ""
    busy: float | None = None  #: share of one core that the clients took

    @property
    def of_limit(self) -> float | None:
        return round(self.value / self.limit, 2) if self.limit else None

    @property
    def of_compared(self) -> float | None:
        """How many times what it is compared with."""
        return float(f"{self.value / self.compared:.2g}") if self.compared else None


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
        value=per_second(outcome),
        unit="/s",
        p50_ms=round(cuts[49] * 1000, 2),
        p99_ms=round(cuts[98] * 1000, 2),
        busy=round(outcome.busy, 2),
    )


def per_second(outcome: Outcome) -> float:
    return round(len(outcome.times) / outcome.took, 1)


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
    table = Table(title=_where(found))
    _fill(table, found, {})
    Console(width=130).print(table)


def markdown(found: Report) -> str:
    """The same as a table of Markdown, with notes of what each limit is."""
    texts = [text for row in found.rows for text in (row.limit_is, row.compared_is) if text]
    notes = {text: f"<sup>{number}</sup>" for number, text in enumerate(dict.fromkeys(texts), 1)}
    table, written = Table(box=MARKDOWN), StringIO()
    _fill(table, found, notes)
    Console(width=1000, file=written).print(table)
    lines = [line.strip() for line in written.getvalue().splitlines() if line.strip()]
    said = "; ".join(f"{note} {text}" for text, note in notes.items())
    return "\n".join((f"{_where(found)}.", "", *lines, "", f"{said}."))


def _fill(table: Table, found: Report, notes: Mapping[str, str]) -> None:
    columns = {**COLUMNS, **COMPARED} if any(row.compared for row in found.rows) else COLUMNS
    for column, heading in columns.items():
        table.add_column(heading, justify="left" if column in ("row", "wiring") else "right")
    for row in found.rows:
        noted = {"limit": notes.get(row.limit_is, ""), "compared": notes.get(row.compared_is, "")}
        table.add_row(*(f"{_text(getattr(row, column))}{noted.get(column, '')}" for column in columns))


def _where(found: Report) -> str:
    """When, and on what a machine."""
    machine = found.machine
    size = f"{machine.cores} cores shared with the clients, {machine.memory_bytes / 2**30:.0f} GiB"
    return f"{found.at:%Y-%m-%d}, {size}, Python {machine.python}, load {machine.load} before"


def _text(cell: str | float | None) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell
        case _:
            return f"{cell:,}".removesuffix(".0")
