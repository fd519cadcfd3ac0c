"""What every runtime promises: attempts start once, are adopted, stopped and removed, and their output is whole."""

import asyncio

import pytest

from runfold.executor.runtime import Interrupted, StartFailed
from tests.contract.runtime.rigs import Jobs


async def test_a_job_ends_with_its_status_and_its_output_whole(jobs: Jobs, attempt_id: str) -> None:
    ended, output = await jobs.run(jobs.job(attempt_id, "echo one; echo two; exit 3"))
    assert (ended.exit_status, output) == (3, b"one\ntwo\n")
    assert ended.output_bytes == len(output)
    assert (ended.reason, ended.message, ended.oom_killed) == (None, None, False)


async def test_it_started_before_it_ended(jobs: Jobs, attempt_id: str) -> None:
    started = await jobs.start(jobs.job(attempt_id, "true"))
    ended = await jobs.runtime.ended(attempt_id)
    assert 0 < started.started_at <= ended.exited_at


async def test_a_command_that_does_not_exist_fails_and_says_so(jobs: Jobs, attempt_id: str) -> None:
    ended, output = await jobs.run(jobs.command(attempt_id, ("no-such-command",)))
    assert ended.exit_status == 127
    assert b"no-such-command" in output + (ended.message or "").encode()


async def test_output_comes_while_the_job_runs(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, "echo early; sleep 60"))
    assert await jobs.first_output(attempt_id) == b"early\n"


async def test_output_is_read_from_any_offset(jobs: Jobs, attempt_id: str) -> None:
    await jobs.run(jobs.job(attempt_id, "echo 0123456789"))
    assert await jobs.runtime.read(attempt_id, 4, 3) == b"456"
    assert await jobs.output(attempt_id, 8) == b"89\n"
    assert await jobs.runtime.read(attempt_id, 11, 10) == b""


async def test_starting_what_runs_adopts_it(jobs: Jobs, attempt_id: str) -> None:
    job = jobs.job(attempt_id, "echo once; sleep 60")
    first = await jobs.start(job)
    await jobs.next_executor()
    assert await jobs.start(job) == first
    await jobs.runtime.stop(attempt_id, 0)
    await jobs.runtime.ended(attempt_id)
    assert await jobs.output(attempt_id) == b"once\n"


async def test_the_next_executor_sees_the_end_and_all_of_the_output(jobs: Jobs, attempt_id: str) -> None:
    job = jobs.job(attempt_id, "echo before; sleep 0.5; echo after; exit 7")
    await jobs.start(job)
    assert await jobs.first_output(attempt_id) == b"before\n"
    await jobs.next_executor()
    await jobs.start(job, create=False)
    ended = await jobs.runtime.ended(attempt_id)
    assert (ended.exit_status, ended.output_bytes) == (7, 13)
    assert await jobs.output(attempt_id) == b"before\nafter\n"


async def test_what_ended_between_two_executors_is_not_run_again(jobs: Jobs, attempt_id: str) -> None:
    job = jobs.job(attempt_id, "echo once; exit 5")
    before, _ = await jobs.run(job)
    await jobs.next_executor()
    after, output = await jobs.run(job)
    assert (after, output) == (before, b"once\n")


async def test_what_is_gone_is_interrupted_rather_than_run(jobs: Jobs, attempt_id: str) -> None:
    with pytest.raises(Interrupted):
        await jobs.start(jobs.job(attempt_id, "echo never"), create=False)


async def test_one_that_is_told_to_end_ends_without_waiting_for_its_grace(
    jobs: Jobs, attempt_id: str
) -> None:
    await jobs.start(jobs.job(attempt_id, "echo there; sleep 60"))
    await jobs.first_output(attempt_id)
    await jobs.runtime.stop(attempt_id, 3600)
    assert (await jobs.runtime.ended(attempt_id)).exit_status == 143


async def test_one_that_ignores_the_order_to_end_is_killed_after_its_grace(
    jobs: Jobs, attempt_id: str
) -> None:
    await jobs.start(jobs.job(attempt_id, f"{jobs.rig.deaf}; echo deaf; sleep 60"))
    await jobs.first_output(attempt_id)
    await jobs.runtime.stop(attempt_id, 1)
    assert (await jobs.runtime.ended(attempt_id)).exit_status == 137


async def test_a_second_order_shortens_the_grace(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, f"{jobs.rig.deaf}; echo deaf; sleep 60"))
    await jobs.first_output(attempt_id)
    await jobs.runtime.stop(attempt_id, None)
    await jobs.runtime.stop(attempt_id, 0)
    assert (await jobs.runtime.ended(attempt_id)).exit_status == 137


async def test_one_stopped_before_its_start_never_runs(jobs: Jobs, attempt_id: str) -> None:
    job = jobs.job(attempt_id, "echo never")
    await jobs.runtime.stop(attempt_id, 10)
    with pytest.raises(StartFailed) as failure:
        await jobs.start(job)
    assert failure.value.reason == "terminated_by_server"
    await jobs.next_executor()
    with pytest.raises((Interrupted, StartFailed)):
        await jobs.start(job, create=False)


async def test_a_stop_of_nothing_is_no_error(jobs: Jobs, attempt_id: str) -> None:
    await jobs.run(jobs.job(attempt_id, "true"))
    await jobs.runtime.stop(attempt_id, 0)
    await jobs.runtime.stop("nobody", 0)


async def test_removing_kills_and_leaves_nothing(jobs: Jobs, attempt_id: str) -> None:
    job = jobs.job(attempt_id, f"{jobs.rig.deaf}; sleep 60")
    await jobs.start(job)
    await jobs.runtime.remove(attempt_id)
    with pytest.raises(Interrupted):
        await jobs.start(job, create=False)


async def test_removing_nothing_is_no_error(jobs: Jobs, attempt_id: str) -> None:
    await jobs.runtime.remove(attempt_id)


async def test_many_at_once_each_have_their_own_output(jobs: Jobs, attempt_id: str) -> None:
    results = await asyncio.gather(
        *(
            jobs.run(jobs.job(f"{attempt_id}-{number}", f"echo {number}; exit {number}"))
            for number in range(6)
        )
    )
    assert [(ended.exit_status, output) for ended, output in results] == [
        (number, f"{number}\n".encode()) for number in range(6)
    ]
    for number in range(6):
        await jobs.runtime.remove(f"{attempt_id}-{number}")
