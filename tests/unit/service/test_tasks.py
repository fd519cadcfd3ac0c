"""Background tasks: a failure is seen, and none outlives its owner."""

import asyncio

import pytest

from runfold.service.tasks import Tasks
from tests.unit.service.fakes import for_ever, nothing
from tests.unit.service.virtual_time import run_virtual


async def fail() -> None:
    raise ValueError("torn")


def test_a_task_that_fails_makes_its_owner_not_ready() -> None:
    async def scenario() -> str | None:
        tasks = Tasks()
        tasks.start("follow", fail())
        await asyncio.sleep(1)
        return tasks.failed

    assert run_virtual(scenario()) == "task follow failed: torn"


def test_a_task_that_another_ones_cancellation_ends_makes_its_owner_not_ready() -> None:
    async def await_one_that_is_cancelled() -> None:
        other = asyncio.create_task(for_ever())
        other.cancel()
        await other

    async def scenario() -> str | None:
        tasks = Tasks()
        tasks.start("follow", await_one_that_is_cancelled())
        await asyncio.sleep(1)
        return tasks.failed

    assert run_virtual(scenario()) == "task follow ended by a cancellation that nobody asked for"


def test_a_task_that_ends_leaves_no_trace() -> None:
    async def scenario() -> tuple[int, str | None]:
        tasks = Tasks()
        tasks.start("once", nothing())
        await asyncio.sleep(1)
        return len(tasks), tasks.failed

    assert run_virtual(scenario()) == (0, None)


def test_stop_cancels_what_runs_and_waits_for_its_end() -> None:
    ended: list[str] = []

    async def tidy() -> None:
        try:
            await for_ever()
        finally:
            await asyncio.sleep(5)
            ended.append("tidied")

    async def scenario() -> str | None:
        tasks = Tasks()
        tasks.start("tidy", tidy())
        await asyncio.sleep(0)
        await tasks.stop()
        return tasks.failed

    assert run_virtual(scenario()) is None
    assert ended == ["tidied"]


def test_nothing_starts_after_stop() -> None:
    async def scenario() -> None:
        tasks = Tasks()
        await tasks.stop()
        tasks.start("late", nothing())

    with pytest.raises(RuntimeError, match="late"):
        run_virtual(scenario())
