"""`runfold parked` as a user calls it, against a gateway that listens."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from runfold.contracts.parking import EventParked
from tests.integration.client.cli import Cli, url_of
from tests.integration.gateway.world import ADMIN, World, a_world

FEED = EventParked("a1", "log.feed", "run:1", 7, "ValueError: no [bold]key[/bold]", "RunSubmitted", 3)
PLANNING = EventParked("b2", "scheduler", "run:2", 9, "KeyError: 'x'")


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        await made.happen(FEED, PLANNING)
        yield made


async def test_it_is_listed_shown_tried_again_and_dropped(world: World, tmp_path: Path) -> None:
    cli = Cli(tmp_path, RUNFOLD_URL=url_of(world), RUNFOLD_TOKEN=ADMIN)

    table = await cli("parked", "list")
    assert table.status == 0, table.error
    for text in ("a1", "log.feed", "run:1", FEED.error, "b2", "2 in all"):
        assert text in table.out
    of_one = json.loads((await cli("parked", "list", "--reactor", "scheduler", "--json")).out)
    assert [parked["id"] for parked in of_one["parked"]] == ["b2"]

    shown = await cli("parked", "show", "a1")
    assert "position: 7\n" in shown.out
    assert "event_type: RunSubmitted\n" in shown.out

    assert (await cli("parked", "retry", "a1")).out == "1 tried again\n"
    assert (await cli("parked", "retry", "--json")).out == '{"retried": 1}\n'

    assert (await cli("parked", "drop", "a1")).out == "dropped\n"
    gone = await cli("parked", "drop", "a1")
    assert (gone.status, gone.out) == (1, "")
    assert "Nothing is parked as a1" in gone.error
