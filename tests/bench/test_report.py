"""What a bench found, as a table for the README."""

from datetime import UTC, datetime

import pytest

from tests.bench import readme
from tests.bench.report import Machine, Report, Row, markdown

MACHINE = Machine(cores=2, memory_bytes=8 * 2**30, python="3.11.7", system="Linux", load=0.1)
LISTED = Row(
    row="runs/list", wiring="embedded", value=1_300.0, unit="/s", limit=2_600.0, limit_is="a handler"
)
STARTED = Row(
    row="`true` in Docker", wiring="embedded", value=410.5, unit="ms", limit=400.0, limit_is="docker run"
)


def found(*rows: Row) -> Report:
    return Report(at=datetime(2026, 11, 25, tzinfo=UTC), machine=MACHINE, rows=[*rows])


def cells(text: str) -> list[list[str]]:
    """Of each line of the table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_it_says_when_on_what_machine_and_what_each_limit_is() -> None:
    text = markdown(found(LISTED, STARTED))

    assert text.startswith(
        "2026-11-25, 2 cores shared with the clients, 8 GiB, Python 3.11.7, load 0.1 before.\n"
    )
    heading, _, listed, started = cells(text)
    assert heading == ["row", "wiring", "clients", "value", "unit", "p50 ms", "p99 ms", "limit", "of limit"]
    assert listed == ["runs/list", "embedded", "1", "1,300", "/s", "", "", "2,600<sup>1</sup>", "0.5"]
    assert started[:4] == ["`true` in Docker", "embedded", "1", "410.5"]
    assert text.endswith("\n<sup>1</sup> a handler; <sup>2</sup> docker run.")


def test_it_says_how_many_times_another_system_a_row_is() -> None:
    row = Row(
        row="runs/list", wiring="embedded", value=1_300.0, unit="/s", compared=9.1, compared_is="dstack 0"
    )

    heading, _, compared, alone = cells(markdown(found(row, STARTED)))

    assert heading[-2:] == ["dstack", "× dstack"]
    assert compared[-2:] == ["9.1<sup>1</sup>", "140"]
    assert alone[-2:] == ["", ""]


def test_newer_numbers_take_the_place_of_older_ones_in_the_readme() -> None:
    before = readme.README.read_text()

    older = readme.with_numbers(before, markdown(found(LISTED)))
    newer = readme.with_numbers(older, markdown(found(STARTED)))

    assert "| runs/list" in older
    assert "| runs/list" not in newer
    assert "| `true` in Docker" in newer
    assert newer.startswith(before[: before.index("<!-- numbers")])
    assert newer.endswith(before[before.index("<!-- /numbers -->") :])


def test_a_readme_without_a_place_for_numbers_is_refused() -> None:
    with pytest.raises(readme.NoMarks):
        readme.with_numbers("# Runfold\n", "1")
