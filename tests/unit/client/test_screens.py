"""What a person sees, kept as screens: `RUNFOLD_TEST_WRITE_SCREENS=1` writes them anew."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.table import Table

from runfold.client.cli.follow.phase import Phase
from runfold.client.cli.follow.screens import LineScreen, PlainScreen
from runfold.client.cli.shown.fleets import fleets_table
from runfold.client.cli.shown.runs import offers_table, plan_table, runs_table
from tests.unit.client.given import GPU_HOST, HOST, a_fleet, a_plan, a_run, an_offer, placed
from tests.unit.client.terminal import Terminal

KEPT = Path(__file__).parent / "screens"
NOW = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)
RUNS = [
    a_run("running", name="train", latest=placed()),
    a_run("submitted", name="waits"),
    a_run("failed", name="broke", latest=placed(status="failed", status_message="exited (3)")),
    a_run("done", name="[bold]odd", latest=placed(status="done", status_message="exited (0)")),
]


def kept(name: str, seen: str) -> None:
    """Is as it was kept."""
    path = KEPT / f"{name}.txt"
    if os.environ.get("RUNFOLD_TEST_WRITE_SCREENS"):
        path.write_text(seen)
    assert seen == path.read_text()


def a_plan_of_three() -> Table:
    offers = [an_offer(HOST, 0), an_offer(GPU_HOST, 3.5, "available"), an_offer(HOST, 0.25, "busy")]
    return offers_table(a_plan(*offers).job_plans[0].offers)


PLAN = a_plan(
    resources={
        "cpu": {"arch": "arm", "count": {"min": 4, "max": None}},
        "memory": {"min": 16.0, "max": 32.0},
        "gpu": {"name": ["A100"], "count": {"min": 2, "max": 2}, "memory": {"min": 40.0, "max": 40.0}},
        "disk": {"size": {"min": 100.0, "max": None}},
    },
    image="python:3.12",
    fleets=[{"project": None, "name": "local"}, {"project": "cell", "name": "gpus"}],
    max_duration=7200,
    schedule={"cron": ["0 8 * * *"]},
)
INSTANCES = [
    {"id": "1", "name": "gpus-0", "instance_num": 0, "status": "busy", "created": "2026-01-01T12:00:00Z",
     "hostname": "vm", "backend": "remote", "instance_type": GPU_HOST, "price": 3.5,
     "total_blocks": 2, "busy_blocks": 1},
    {"id": "2", "name": "gpus-1", "instance_num": 1, "status": "idle", "created": "2026-01-01T12:04:59Z",
     "unreachable": True},
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("ps", runs_table(RUNS, NOW)),
        ("ps-verbose", runs_table(RUNS, NOW, verbose=True)),
        ("plan", plan_table(PLAN)),
        ("offers", a_plan_of_three()),
        ("fleet", fleets_table([a_fleet(instances=INSTANCES)], NOW)),
    ],
)
def test_tables_look_as_they_did(name: str, table: Table) -> None:
    terminal = Terminal()
    terminal.console().print(table)
    kept(name, terminal.seen())


def test_statuses_have_colours() -> None:
    terminal = Terminal()
    terminal.console().print(runs_table(RUNS, NOW))
    assert [terminal.colour(text) for text in ("running", "exited (3)", "exited (0)")] == [
        "green",
        "red",
        "green",
    ]


def test_progress_is_one_line_that_changes_and_what_follows_stands_below_it() -> None:
    terminal = Terminal()
    screen = LineScreen(terminal.console())
    screen.show("hello", Phase("queued"))
    screen.show("hello", Phase("pulling", "1.0 MB of 3.0 MB"))
    screen.show("hello", Phase("pulling", "2.0 MB of 3.0 MB"))
    assert terminal.seen().split("hello  ")[1:] == ["queued → pulling (2.0 MB of 3.0 MB)\n"]

    screen.show("hello", Phase("running", "on vm"), leave=True)
    terminal.feed(terminal.written.getvalue())
    terminal.written.truncate(0)
    terminal.feed("output\n")
    screen.show("hello", Phase("stopping"), leave=True)
    assert terminal.seen() == "hello  queued → pulling → running (on vm)\noutput\n"


def test_a_run_that_is_tried_again_gets_a_line_of_its_own() -> None:
    terminal = Terminal()
    screen = LineScreen(terminal.console())
    screen.show("hello", Phase("running"), leave=True)
    screen.show("hello", Phase("queued", "retrying"))
    screen.show("hello", Phase("running"), leave=True)
    assert terminal.seen() == "hello  running\nhello  queued → running\n"


def test_without_a_terminal_each_change_is_a_line() -> None:
    terminal = Terminal()
    screen = PlainScreen(terminal.console())
    for phase in (Phase("queued"), Phase("queued"), Phase("running", "on vm")):
        screen.show("hello", phase)
    assert terminal.seen() == "hello: queued\nhello: running (on vm)\n"
