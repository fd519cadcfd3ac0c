"""What a job finds and prints, as a process and as a container."""

from tests.contract.runtime.rigs import Jobs, RealRig


async def test_its_environment_reaches_the_job(real_jobs: Jobs, attempt_id: str) -> None:
    real_jobs.env = {"GREETING": "guten Tag, Übung", "EMPTY": ""}
    _, output = await real_jobs.run(real_jobs.job(attempt_id, 'echo "$GREETING|${EMPTY-unset}"'))
    assert output.decode() == "guten Tag, Übung|\n"


async def test_nothing_of_the_executors_own_environment_does(real_jobs: Jobs, attempt_id: str) -> None:
    _, output = await real_jobs.run(real_jobs.job(attempt_id, "env"))
    names = {line.partition("=")[0] for line in output.decode().splitlines()}
    assert not names & {"PYTHONPATH", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "DOCKER_HOST"}


async def test_it_runs_where_it_is_told_to(real_jobs: Jobs, attempt_id: str) -> None:
    _, output = await real_jobs.run(real_jobs.job(attempt_id, "pwd", working_dir="/workflow/deep"))
    assert output.decode().strip().endswith("/workflow/deep")


async def test_both_its_outputs_come_in_their_order(real_jobs: Jobs, attempt_id: str) -> None:
    _, output = await real_jobs.run(real_jobs.job(attempt_id, "echo out; echo err >&2"))
    assert sorted(output.splitlines()) == [b"err", b"out"]


async def test_output_that_is_no_text_passes_as_it_is(real_jobs: Jobs, attempt_id: str) -> None:
    _, output = await real_jobs.run(real_jobs.job(attempt_id, r"printf '\377\376\000\r\n\200'"))
    assert output == b"\xff\xfe\x00\r\n\x80"


async def test_a_line_of_ten_megabytes_is_whole(real_jobs: Jobs, attempt_id: str) -> None:
    script = r"head -c 10000000 /dev/zero | tr '\0' x; echo; echo end"
    ended, output = await real_jobs.run(real_jobs.job(attempt_id, script))
    assert ended.output_bytes == 10_000_005
    assert output == b"x" * 10_000_000 + b"\nend\n"


async def test_output_beyond_the_limit_is_dropped_and_this_is_said(
    real_rig: RealRig, attempt_id: str
) -> None:
    real_rig.limit = 10_000
    jobs = Jobs(real_rig)
    line = "1" * 99
    ended, output = await jobs.run(jobs.job(attempt_id, f"yes {line} | head -n 500"))
    assert output.startswith(f"{line}\n".encode() * 100)
    assert b"[runfold: the output limit of 10000 bytes an hour is reached]" in output
    assert output.endswith(
        (b"[runfold: 40000 bytes of output were dropped here]\n", b"[runfold: output was dropped here]\n")
    )
    assert ended.output_bytes == len(output) < 10_200


async def test_output_goes_on_where_the_last_executor_left_off(real_jobs: Jobs, attempt_id: str) -> None:
    """More than the index's step, so that a container's is read on from its middle."""
    lines = "i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done"
    job = real_jobs.job(attempt_id, f"{lines}; sleep 0.3; echo end")
    await real_jobs.start(job)
    await real_jobs.runtime.read(attempt_id, 150_000, 1)
    await real_jobs.next_executor()
    await real_jobs.start(job, create=False)
    await real_jobs.runtime.ended(attempt_id)
    expected = b"".join(b"line-%d\n" % number for number in range(20_000)) + b"end\n"
    assert await real_jobs.output(attempt_id) == expected
