"""Since when a host was surely heard, and what may begin there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from runfold.contracts.executor import Assigned, Assignment, AttemptsAssigned, AttemptState, InventoryAnswered
from runfold.executor.adapters.linux_host import LinuxHost
from runfold.executor.inventory import EVERY, PATIENCE
from tests.unit.executor.log_service import assignment
from tests.unit.executor.world import World, world
from tests.unit.service.virtual_time import run_virtual

RUNNING, EXITED = AttemptState.RUNNING, AttemptState.EXITED
SECOND = 1_000_000


def leashed(attempt_id: str) -> Assignment:
    return replace(assignment(attempt_id, "sleep 5"), stop_after=60)


def living(story: Callable[[World], Awaitable[None]]) -> None:
    async def tell() -> None:
        there = await world()
        await there.start()
        await there.log.until(lambda: bool(there.log.inventories))
        await asyncio.sleep(1)
        await story(there)

    run_virtual(tell())


def test_it_counts_from_when_the_last_answered_inventory_was_sent() -> None:
    async def story(there: World) -> None:
        assert there.host.heartbeat() <= there.host.uptime() - SECOND
        first = there.host.heartbeat()
        there.log.answering = False
        await asyncio.sleep(10 * EVERY)
        assert len(there.log.inventories) > 5
        assert there.host.heartbeat() == first
        there.log.answering = True
        await asyncio.sleep(2 * PATIENCE)
        assert there.host.heartbeat() > first

    living(story)


def test_an_answer_that_comes_late_counts_from_its_inventory() -> None:
    async def story(there: World) -> None:
        there.log.answering = False
        await asyncio.sleep(EVERY)
        asked, at = there.log.inventories[-1], there.host.uptime()
        await asyncio.sleep(4)
        await there.log.say(InventoryAnswered(0, asked.seq, (), (), asked.incarnation))
        await asyncio.sleep(0.1)
        assert at - EVERY * SECOND < there.host.heartbeat() <= at

    living(story)


def test_an_answer_to_another_incarnation_or_from_before_is_none() -> None:
    async def story(there: World) -> None:
        there.log.position = 5
        await asyncio.sleep(EVERY)
        first = there.host.heartbeat()
        there.log.answering = False
        await asyncio.sleep(EVERY)
        asked = there.log.inventories[-1]
        await there.log.say(InventoryAnswered(5, asked.seq, (), (), "0000000009"))
        await there.log.say(InventoryAnswered(4, asked.seq, (), (), asked.incarnation))
        await asyncio.sleep(0.1)
        assert there.host.heartbeat() == first
        await there.log.say(InventoryAnswered(5, asked.seq, (), (), asked.incarnation))
        await asyncio.sleep(0.1)
        assert there.host.heartbeat() > first

    living(story)


def test_what_is_assigned_while_it_is_cut_off_begins_once_it_is_heard_again() -> None:
    async def story(there: World) -> None:
        there.log.answering = False
        await asyncio.sleep(61)
        await there.log.assign(leashed("a"))
        await asyncio.sleep(100)
        assert "a" not in there.engine.starts
        there.log.answering = True
        await there.log.state("a", RUNNING)

    living(story)


def test_what_was_lost_meanwhile_never_begins() -> None:
    """It was claimed when its host was cut off already, and is placed elsewhere when that is heard again."""

    async def story(there: World) -> None:
        there.log.answering = False
        await asyncio.sleep(61)
        await there.log.assign(leashed("a"))
        await asyncio.sleep(10)
        del there.log.placed["a"]
        there.log.position += 1
        there.log.answering = True
        await asyncio.sleep(60)
        assert "a" not in there.engine.starts

    living(story)


def test_another_job_begins_all_the_same() -> None:
    async def story(there: World) -> None:
        there.log.answering = False
        await asyncio.sleep(61)
        there.log.position += 1
        await there.log.say(AttemptsAssigned((Assigned(there.log.position, assignment("a", "sleep 5")),)))
        assert (await there.log.state("a", EXITED)).exit_status == 0

    living(story)


def test_a_heartbeat_outlives_its_executor_and_is_worth_nothing_to_another_boot(tmp_path: Path) -> None:
    path = tmp_path / "heartbeat"
    host = LinuxHost(tmp_path, path)
    assert host.heartbeat() == 0
    host.beat(host.uptime())
    written = host.heartbeat()
    assert 0 < written <= host.uptime()
    assert LinuxHost(tmp_path, path).heartbeat() == written
    path.write_text(f"another-boot {written:020d} {written:020d}\n")
    assert host.heartbeat() == 0


def test_a_heartbeat_that_was_caught_while_it_was_written_is_none(tmp_path: Path) -> None:
    host = LinuxHost(tmp_path, tmp_path / "heartbeat")
    host.beat(17)
    torn = (tmp_path / "heartbeat").read_text().replace("17\n", "18\n")
    (tmp_path / "heartbeat").write_text(torn)
    assert host.heartbeat() == 0
