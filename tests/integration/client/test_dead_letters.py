"""`runfold dead-letters` as a user calls it, against a gateway that listens."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from runfold.bus.dead_letters import DeadLetter, buried
from runfold.bus.port import Message
from runfold.bus.topology import FACTS, Exchange
from tests.integration.client.cli import Cli, url_of
from tests.integration.gateway.world import ADMIN, World, a_world

LETTER = DeadLetter(Message(b'{"type": "Unheard"}', message_id="1"), "log.facts", "no [bold]message[/bold]")


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        await made.bus.dead_letters.count(FACTS)
        await made.bus.publish(Exchange.DEAD, "log.facts", buried(LETTER.message, LETTER.reason))
        yield made


async def test_they_are_listed_shown_replayed_and_discarded(world: World, tmp_path: Path) -> None:
    cli = Cli(tmp_path, RUNFOLD_URL=url_of(world), RUNFOLD_TOKEN=ADMIN)

    table = await cli("dead-letters", "list")
    assert table.status == 0, table.error
    for text in (LETTER.id, LETTER.reason, '{"type": "Unheard"}', "log.facts: 1 in all"):
        assert text in table.out

    queues = json.loads((await cli("dead-letters", "list", "--json")).out)["queues"]
    assert [letter["id"] for letter in queues[0]["letters"]] == [LETTER.id]

    shown = await cli("dead-letters", "show", "log.facts", LETTER.id)
    assert (shown.out, shown.status) == ('{"type": "Unheard"}\n', 0)
    assert LETTER.reason in shown.error

    assert (await cli("dead-letters", "replay", "log.facts", "--json")).out == '{"replayed": 1}\n'
    gone = await cli("dead-letters", "discard", "log.facts", LETTER.id)
    assert (gone.status, gone.out) == (1, "")
    assert "has no dead letter" in gone.error
    assert "has no dead letter" in gone.error


async def test_the_users_configuration_says_where_the_server_is_and_who_asks(
    world: World, tmp_path: Path
) -> None:
    config = tmp_path / ".runfold" / "config.yml"
    config.parent.mkdir()
    main = {"name": "main", "url": url_of(world), "token": ADMIN, "default": True}
    config.write_text(json.dumps({"projects": [{"name": "other", "token": "x"}, main]}))

    assert LETTER.id in (await Cli(tmp_path)("dead-letters", "list")).out


async def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    nobody = await Cli(tmp_path)("dead-letters", "list")
    assert (nobody.status, nobody.error.count("\n")) == (1, 1)
    assert "RUNFOLD_TOKEN" in nobody.error

    nowhere = await Cli(tmp_path, RUNFOLD_URL="http://127.0.0.1:1", RUNFOLD_TOKEN="x")("dead-letters", "list")
    assert (nowhere.status, nowhere.error.count("\n")) == (1, 1)
    assert "does not answer" in nowhere.error
