"""`runfold rebuild` as a user calls it, against a gateway that listens and what a log service does behind it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from runfold.domain.run.state import Run
from runfold.log.rebuilder import Rebuilder
from runfold.service import run_rows
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.tasks import Tasks
from tests.integration.client.cli import Cli, url_of
from tests.integration.gateway.world import ADMIN, World, a_world


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        await made.submit("over")
        await made.finish("over")
        await made.leave_memory()
        yield made


@pytest_asyncio.fixture
async def rebuilder(world: World) -> AsyncIterator[Rebuilder]:
    tasks, runs = Tasks(), world.storage.runs
    rebuilds = StoredRebuilds(runs, world.writer)
    yield Rebuilder(world.writer, runs, rebuilds, world.storage.ids, tasks, activated=lambda: None)
    await tasks.stop()


async def test_it_asks_for_all_rows_anew_and_waits_until_they_are(
    world: World, rebuilder: Rebuilder, tmp_path: Path
) -> None:
    cli = Cli(tmp_path, RUNFOLD_URL=url_of(world), RUNFOLD_TOKEN=ADMIN)
    begun = json.loads((await cli("rebuild", "--no-wait", "--json")).out)
    assert (begun["generation"], begun["running"], begun["position"]) == (2, True, 0)
    said = await cli("rebuild", "--no-wait")
    assert (said.status, said.out) == (0, "generation 2 is being built\n")

    world.storage.runs.rows[1].clear()
    rebuilder.start()
    done = await cli("rebuild", "--json")
    assert (done.status, json.loads(done.out)["running"]) == (0, False)
    assert (await world.in_main("runs/get", {"run_name": "over"})).status == 200


async def test_people_see_how_far_it_is(world: World, rebuilder: Rebuilder, tmp_path: Path) -> None:
    rebuilder.start()
    said = await Cli(tmp_path, RUNFOLD_URL=url_of(world), RUNFOLD_TOKEN=ADMIN)("rebuild")
    assert said.status == 0, said.error
    assert said.out == f"generation 2 is built, up to position {world.cell.position}\n"
    assert "Rebuilding" in said.error


async def test_one_that_does_not_get_on_ends_the_command_with_the_reason(
    world: World, rebuilder: Rebuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(run: Run) -> bytes:
        raise OverflowError("out of range")

    monkeypatch.setattr(run_rows, "encode", fails)
    rebuilder.start()
    said = await Cli(tmp_path, RUNFOLD_URL=url_of(world), RUNFOLD_TOKEN=ADMIN)("rebuild")
    assert (said.status, said.out) == (1, "")
    assert "generation 2 can't be built: run " in said.error
    assert "out of range" in said.error


async def test_who_may_not_is_told_in_one_line(world: World, tmp_path: Path) -> None:
    token = await world.join("ann", "admin")
    said = await Cli(tmp_path, RUNFOLD_URL=url_of(world), RUNFOLD_TOKEN=token)("rebuild")
    assert (said.status, said.out, said.error.count("\n")) == (1, "", 1)
    assert "Access denied" in said.error
