"""What a running job uses, as a process and as a container."""

from tests.contract.runtime.rigs import Jobs

#: Some tenths of a second of a processor.
WORK = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"


async def test_the_more_it_works_the_more_it_used(real_jobs: Jobs, attempt_id: str) -> None:
    await real_jobs.start(real_jobs.job(attempt_id, f"{WORK}; echo 1; {WORK}; echo 2; sleep 600"))

    await real_jobs.runtime.read(attempt_id, 0, 2)
    first = await real_jobs.runtime.sample(attempt_id)
    await real_jobs.runtime.read(attempt_id, 2, 2)
    second = await real_jobs.runtime.sample(attempt_id)

    assert first is not None and second is not None
    assert first.cpu_micros > 50_000
    assert second.cpu_micros > first.cpu_micros + 50_000
    assert 0 < second.memory_working_set_bytes <= second.memory_bytes < 2**30


async def test_what_its_children_used_still_counts(real_jobs: Jobs, attempt_id: str) -> None:
    await real_jobs.start(real_jobs.job(attempt_id, f"({WORK}); echo done; sleep 600"))
    await real_jobs.first_output(attempt_id)
    usage = await real_jobs.runtime.sample(attempt_id)
    assert usage is not None and usage.cpu_micros > 50_000


async def test_the_next_executor_samples_what_it_adopted(real_jobs: Jobs, attempt_id: str) -> None:
    job = real_jobs.job(attempt_id, "sleep 600")
    await real_jobs.start(job)
    await real_jobs.next_executor()
    await real_jobs.start(job, create=False)
    assert await real_jobs.runtime.sample(attempt_id) is not None


async def test_what_has_ended_or_never_was_uses_nothing(jobs: Jobs, attempt_id: str) -> None:
    await jobs.run(jobs.job(attempt_id, "true"))
    assert await jobs.runtime.sample(attempt_id) is None
    assert await jobs.runtime.sample("nobody") is None
