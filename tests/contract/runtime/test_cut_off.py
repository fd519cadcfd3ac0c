"""What is to stop where its host is cut off stops, whoever is there to see to it or not; by real time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from runfold.contracts.executor import Assignment
from runfold.executor.runtime import Ended, RuntimeUnavailable
from runfold.executor.runtimes.docker import guard
from tests.contract.runtime.rigs import Jobs, RealRig

SECOND = 1_000_000
#: Seconds; these never come to an end.
SOON, NEVER = 2, 100_000
FOREVER = "echo up; exec sleep 1000"


@pytest.fixture
async def jobs(real_rig: RealRig, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Jobs]:
    monkeypatch.setattr(guard, "LEAST", 0)
    jobs = Jobs(real_rig)
    yield jobs
    await jobs.runtime.close()


def leashed(
    jobs: Jobs, attempt_id: str, script: str = FOREVER, *, seconds: int = SOON, grace: int = 30
) -> Assignment:
    return replace(jobs.job(attempt_id, script), stop_after=seconds, stop_after_grace=grace)


def heard(rig: RealRig, seconds_ago: float = 0.0) -> None:
    rig.host.beat(rig.host.uptime() - int(seconds_ago * SECOND))


def heard_enough(rig: RealRig) -> None:
    """However long it takes to begin."""
    heard(rig, seconds_ago=-NEVER)


def cut_off(rig: RealRig) -> None:
    heard(rig, seconds_ago=SOON)


async def end_of(jobs: Jobs, attempt_id: str) -> Ended:
    async with asyncio.timeout(60):
        return await jobs.runtime.ended(attempt_id)


def is_interrupted(ended: Ended) -> bool:
    return ended.reason == "interrupted_by_no_capacity" and "cut off for 2 s" in (ended.message or "")


async def test_it_stops_after_its_time_without_an_answer_and_no_other_does(
    jobs: Jobs, real_rig: RealRig, attempt_id: str
) -> None:
    heard_enough(real_rig)
    patient = f"{attempt_id}-patient"
    await jobs.start(leashed(jobs, patient, seconds=NEVER))
    await jobs.start(leashed(jobs, attempt_id))
    cut_off(real_rig)
    ended = await end_of(jobs, attempt_id)
    assert is_interrupted(ended)
    assert ended.exit_status == 143
    assert await jobs.output(attempt_id) == b"up\n"
    assert await jobs.runtime.sample(patient) is not None


async def test_it_stops_though_its_executor_is_gone(jobs: Jobs, real_rig: RealRig, attempt_id: str) -> None:
    heard_enough(real_rig)
    assignment = leashed(jobs, attempt_id)
    await jobs.start(assignment)
    await jobs.runtime.close()
    cut_off(real_rig)
    jobs.runtime = real_rig.runtime()
    await jobs.start(assignment, create=False)
    assert is_interrupted(await end_of(jobs, attempt_id))


async def test_one_that_ignores_that_is_killed_after_the_grace(
    jobs: Jobs, real_rig: RealRig, attempt_id: str
) -> None:
    heard_enough(real_rig)
    script = "trap 'echo no' TERM; echo up; while true; do sleep 0.1; done"
    await jobs.start(leashed(jobs, attempt_id, script, grace=1))
    assert await jobs.first_output(attempt_id) == b"up\n"
    cut_off(real_rig)
    ended = await end_of(jobs, attempt_id)
    assert is_interrupted(ended)
    assert ended.exit_status == 137
    assert b"no\n" in await jobs.output(attempt_id)


async def test_an_answer_gives_it_more_time(jobs: Jobs, real_rig: RealRig, attempt_id: str) -> None:
    """Five seconds are left when it begins, and it runs for six."""
    heard(real_rig, seconds_ago=15)
    await jobs.start(leashed(jobs, attempt_id, "echo up; sleep 6; exit 3", seconds=20))
    heard(real_rig)
    assert (await end_of(jobs, attempt_id)).exit_status == 3


async def test_nothing_begins_that_would_have_to_stop_at_once(
    jobs: Jobs, real_rig: RealRig, attempt_id: str
) -> None:
    heard(real_rig, seconds_ago=SOON + 1)
    assignment = leashed(jobs, attempt_id, "echo up")
    for _ in range(2):
        with pytest.raises(RuntimeUnavailable, match="cut off"):
            await jobs.start(assignment)
    heard_enough(real_rig)
    assert (await jobs.run(assignment))[1] == b"up\n"


async def test_what_was_heard_before_the_machine_booted_counts_for_nothing(
    jobs: Jobs, real_rig: RealRig, attempt_id: str
) -> None:
    real_rig.heartbeat.write_text(f"another-boot {2 * 10**18:020d} {2 * 10**18:020d}\n")
    with pytest.raises(RuntimeUnavailable, match="cut off"):
        await jobs.start(leashed(jobs, attempt_id))


async def test_a_watchdog_that_has_nothing_to_stop_ends_and_the_next_container_has_one_again(
    docker_host: RealRig, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LEAST", 0)
    jobs = Jobs(docker_host)
    for name in (attempt_id, f"{attempt_id}-next"):
        heard_enough(docker_host)
        await jobs.start(leashed(jobs, name))
        cut_off(docker_host)
        assert is_interrupted(await end_of(jobs, name))
        async with asyncio.timeout(60):
            await asyncio.to_thread(docker_host.wait_until_watchdog_ended)
