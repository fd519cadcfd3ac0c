"""How much a submission has printed: told at once, or as soon as it is more."""

import asyncio

from runfold.contracts.executor import OutputChunk
from tests.integration.gateway.world import World

P = "/api/runfold/v1/submissions"


async def printing(world: World) -> str:
    """A running submission that has printed five bytes."""
    await world.start_of("prints")
    return await world.print("prints", b"five\n")


async def test_what_there_is_is_told_at_once(world: World) -> None:
    attempt = await printing(world)
    told = await world.get(f"{P}/{attempt}/output", query={"wait": "30"})
    assert told.body == {"bytes": 5, "over": False}


async def test_more_is_told_as_soon_as_it_is_stored(world: World) -> None:
    attempt = await printing(world)
    asked = asyncio.create_task(world.get(f"{P}/{attempt}/output", query={"beyond": "5", "wait": "30"}))
    await asyncio.sleep(0)
    await world.storage.output.append([OutputChunk(attempt, 5, world.storage.clock.now(), b"more")])
    assert (await asyncio.wait_for(asked, 10)).body == {"bytes": 9, "over": False}


async def test_the_end_is_told_without_more(world: World) -> None:
    attempt = await printing(world)
    asked = asyncio.create_task(world.get(f"{P}/{attempt}/output", query={"beyond": "5", "wait": "30"}))
    await asyncio.sleep(0)
    await world.finish("prints")
    assert (await asyncio.wait_for(asked, 10)).body == {"bytes": 5, "over": True}


async def test_where_nothing_comes_the_wait_ends(world: World) -> None:
    attempt = await printing(world)
    told = await world.get(f"{P}/{attempt}/output", query={"beyond": "5", "wait": "0.05"})
    assert told.body == {"bytes": 5, "over": False}


async def test_nobody_is_told_of_others(world: World) -> None:
    attempt = await printing(world)
    token = await world.join("stranger")
    assert (await world.get(f"{P}/{attempt}/output", token=token)).status == 404
    assert (await world.get(f"{P}/nothing/output")).status == 404
