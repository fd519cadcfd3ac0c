"""`just bench`: how fast Runfold is on this machine, and beside each number the limit, measured in the same run.

Prints a table and, with --json FILE, writes the same with the machine's size. Clients share the machine's cores.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench import profile, report
from tests.bench.rows import ROWS, SHORT, Bench, Size
from tests.servers.lookup import Missing


def main() -> None:
    chosen = _options().parse_args()
    machine = report.this_machine()
    rows: list[report.Row] = []
    with tempfile.TemporaryDirectory(prefix="runfold-bench-") as directory:
        # User `rabbitmq`, and whom jobs run as, pass through it.
        Path(directory).chmod(0o755)
        path = Path(directory)
        profiles = _folder(path / "profiles") if chosen.profile else None
        size = SHORT if chosen.short else Size()
        bench = Bench(path, size, profiles, against_dstack=chosen.against == "dstack")
        names = [chosen.profile] if chosen.profile else chosen.rows or list(ROWS)
        lacking = _measure(bench, names, rows)
        found = report.report(rows, machine)
        report.show(found)
        if profiles is not None:
            profile.show(profiles)
    if chosen.json:
        report.write(found, chosen.json)
    if lacking:
        sys.exit(f"not measured: {'; '.join(lacking)}")


def _measure(bench: Bench, names: list[str], rows: list[report.Row]) -> list[str]:
    """Adds to `rows`; which rows are lacking, and why. What was measured before isn't lost for them."""
    lacking = []
    with Console(stderr=True).status("") as status:
        for name in names:
            status.update(f"measuring {name}")
            try:
                rows += ROWS[name](bench)
            except (Missing, subprocess.SubprocessError) as error:
                lacking.append(f"{name}, {error}")
    return lacking


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    names = ", ".join(ROWS)
    options.add_argument("rows", nargs="*", metavar="ROW", help=f"which to measure; all by default: {names}")
    options.add_argument("--json", type=Path, help="file for the rows and the machine")
    options.add_argument(
        "--short", action="store_true", help="only that each row runs; its numbers say nothing"
    )
    options.add_argument(
        "--against",
        choices=("dstack",),
        help="beside http and runs what dstack's own server does; the first time it is installed, for a minute",
    )
    options.add_argument(
        "--profile",
        metavar="ROW",
        choices=ROWS,
        help="profile its servers instead",
    )
    return options


if __name__ == "__main__":
    main()
