"""What only processes need: their group ends whole, their supervisor outlives the executor, secrets stay unseen."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runfold.contracts.values import Quantities
from runfold.executor.runtime import Interrupted, RuntimeUnavailable
from runfold.executor.runtimes.process import ProcessRuntime, supervising
from runfold.executor.runtimes.process.directory import JobDirectory
from runfold.executor.runtimes.process.supervisor import stat_of
from tests.contract.runtime.rigs import Jobs, RealRig


@pytest.fixture
async def jobs(process_host: RealRig) -> Jobs:
    return Jobs(process_host)


def supervisor_of(rig: RealRig, attempt_id: str) -> int:
    record = JobDirectory(rig.directory / attempt_id).record()
    assert record is not None
    return record.pid


def is_alive(pid: int) -> bool:
    """Zombies aren't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def are_gone(pids: Iterable[int]) -> bool:
    """Soon, and not even zombies are left."""
    pids = list(pids)
    for _ in range(500):
        if not any(stat_of(str(pid)) for pid in pids):
            return True
        await asyncio.sleep(0.01)
    return False


def traces_of(rig: RealRig, supervisor: int) -> list[bytes]:
    """What others may read of a supervisor, and all files of the host's jobs."""
    shown = [Path(f"/proc/{supervisor}/{name}") for name in ("cmdline", "environ")]
    kept = [path for path in rig.directory.rglob("*") if path.is_file()]
    return [path.read_bytes() for path in (*shown, *kept)]


async def pid_that_it_printed(jobs: Jobs, attempt_id: str) -> int:
    return int(await jobs.first_output(attempt_id))


async def test_the_end_of_a_job_is_the_end_of_all_it_started(jobs: Jobs, attempt_id: str) -> None:
    """Also of what made a group of its own, and holds no output open."""
    script = "sleep 600 >/dev/null 2>&1 & echo $!; set -m; sleep 601 >/dev/null 2>&1 & echo $!"
    _, output = await jobs.run(jobs.command(attempt_id, ("bash", "-c", script)))
    pids = [int(pid) for pid in output.split()]
    assert len(pids) == 2
    assert not any(is_alive(pid) for pid in pids)


#: Prints the process id of one that has a session of its own, and no parent in the job's.
ESCAPE = (
    "setsid -f sh -c 'echo $$ > pid; exec sleep 600 >/dev/null 2>&1'; "
    "until [ -s pid ]; do sleep 0.01; done; cat pid"
)


async def test_a_session_of_its_own_is_no_escape_from_the_end_of_the_job(jobs: Jobs, attempt_id: str) -> None:
    _, output = await jobs.run(jobs.job(attempt_id, ESCAPE))
    assert not is_alive(int(output))


async def test_a_session_of_its_own_is_no_escape_from_a_stop(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, f"{ESCAPE}; sleep 600"))
    escaped = await pid_that_it_printed(jobs, attempt_id)
    await jobs.runtime.stop(attempt_id, 0)
    await jobs.runtime.ended(attempt_id)
    assert not is_alive(escaped)


async def test_what_lost_its_parent_leaves_no_zombie_while_the_job_runs(jobs: Jobs, attempt_id: str) -> None:
    orphan = "setsid -f sh -c 'echo $$ > pid'; until [ -s pid ]; do sleep 0.01; done"
    until_gone = "while [ -e /proc/$(cat pid) ]; do sleep 0.01; done; exit 5"
    ended, _ = await asyncio.wait_for(jobs.run(jobs.job(attempt_id, f"{orphan}; {until_gone}")), 30)
    assert ended.exit_status == 5


async def test_killing_kills_all_of_it(jobs: Jobs, attempt_id: str) -> None:
    await jobs.start(jobs.job(attempt_id, "trap '' TERM; (trap '' TERM; sleep 600) & echo $!; wait"))
    child = await pid_that_it_printed(jobs, attempt_id)
    await jobs.runtime.stop(attempt_id, 0)
    await jobs.runtime.ended(attempt_id)
    assert not is_alive(child)


async def test_a_supervisor_ignores_signals_that_are_not_orders(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    await jobs.start(jobs.job(attempt_id, "echo up; read line < /dev/null; sleep 0.2; exit 4"))
    supervisor = supervisor_of(process_host, attempt_id)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(supervisor, number)
    assert (await jobs.runtime.ended(attempt_id)).exit_status == 4


async def test_when_its_supervisor_is_killed_a_job_is_interrupted_and_ended(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    await jobs.start(jobs.job(attempt_id, "echo $$; sleep 600"))
    job = await pid_that_it_printed(jobs, attempt_id)
    os.kill(supervisor_of(process_host, attempt_id), signal.SIGKILL)
    with pytest.raises(Interrupted):
        await jobs.runtime.ended(attempt_id)
    assert not is_alive(job)


async def test_what_went_down_with_its_host_is_interrupted_and_its_output_kept(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    job = jobs.job(attempt_id, "echo before; sleep 600")
    await jobs.start(job)
    await jobs.first_output(attempt_id)
    await jobs.runtime.close()
    os.kill(supervisor_of(process_host, attempt_id), signal.SIGKILL)
    jobs.runtime = process_host.runtime()
    with pytest.raises(Interrupted):
        await jobs.run(job)
    assert await jobs.output(attempt_id) == b"before\n"


async def test_a_spawn_that_left_no_record_is_made_again(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    """The supervisor died before it wrote its record, so the job can't have run."""
    JobDirectory(process_host.directory / attempt_id).make()
    ended, output = await jobs.run(jobs.job(attempt_id, "echo once"))
    assert (ended.exit_status, output) == (0, b"once\n")


async def test_the_next_executor_waits_for_a_supervisor_that_is_only_starting(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    """It holds the lock and has no record yet."""
    directory = JobDirectory(process_host.directory / attempt_id)
    directory.make()
    lock = directory.lock()
    assert lock is not None
    starting = asyncio.create_task(jobs.run(jobs.job(attempt_id, "echo once")))
    done, _ = await asyncio.wait([starting], timeout=0.1)
    assert not done
    os.close(lock)
    ended, output = await starting
    assert (ended.exit_status, output) == (0, b"once\n")


async def test_a_supervisor_that_never_says_what_it_runs_is_not_waited_for_without_end(
    jobs: Jobs, process_host: RealRig, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next try looks again; meanwhile the log says what holds it up."""
    monkeypatch.setattr(supervising, "PATIENCE", 0.05)
    directory = JobDirectory(process_host.directory / attempt_id)
    directory.make()
    lock = directory.lock()
    assert lock is not None
    with pytest.raises(RuntimeUnavailable, match=r"`fuser .*/lock` names the process to look at"):
        await jobs.start(jobs.job(attempt_id, "true"))
    with pytest.raises(RuntimeUnavailable, match=r"`fuser .*/lock` names the process to look at"):
        await jobs.runtime.remove(attempt_id)
    os.close(lock)
    await jobs.runtime.remove(attempt_id)
    assert not directory.exists()


async def test_a_supervisor_that_hangs_before_its_word_is_adopted_by_the_next_try(
    jobs: Jobs, tmp_path: Path, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes its time: the job runs once all the same."""
    slow, go = tmp_path / "slow-python", tmp_path / "go"
    slow.write_text(f'#!/bin/sh\nuntil [ -e {go} ]; do sleep 0.01; done\nexec {sys.executable} "$@"\n')
    slow.chmod(0o755)
    job = jobs.job(attempt_id, "echo once")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(slow))
        patched.setattr(supervising, "PATIENCE", 0.05)
        with pytest.raises(RuntimeUnavailable, match=r"supervisor\.log"):
            await jobs.start(job)
    go.touch()
    ended, output = await jobs.run(job)
    assert (ended.exit_status, output) == (0, b"once\n")


async def test_values_of_the_environment_are_in_no_command_line_and_no_file(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    jobs.env = {"PASSWORD": "s3cret-value"}
    await jobs.start(jobs.job(attempt_id, "echo up; sleep 600"))
    await jobs.first_output(attempt_id)
    seen = traces_of(process_host, supervisor_of(process_host, attempt_id))
    assert not any(b"s3cret-value" in text for text in seen)


async def test_a_full_disk_at_the_start_says_try_again(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    process_host.directory.joinpath(attempt_id).write_text("a file where a directory has to be")
    with pytest.raises(RuntimeUnavailable):
        await jobs.start(jobs.job(attempt_id, "true"))
    process_host.directory.joinpath(attempt_id).unlink()
    await jobs.start(jobs.job(attempt_id, "true"))


async def test_a_supervisor_that_dies_before_it_reads_what_to_run_leaves_nothing_open(
    jobs: Jobs, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.env = {"MORE_THAN_A_PIPE_HOLDS": "x" * 1_000_000}
    open_before = os.listdir("/proc/self/fd")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", shutil.which("false"))
        with pytest.raises(RuntimeUnavailable, match=r"supervisor\.log says why"):
            await jobs.start(jobs.job(attempt_id, "true"))
    assert len(os.listdir("/proc/self/fd")) <= len(open_before)


async def test_supervisors_that_end_at_once_leave_no_zombies(
    jobs: Jobs, process_host: RealRig, attempt_id: str
) -> None:
    """Some end before they are watched."""
    attempts = [f"{attempt_id}-{number}" for number in range(20)]
    for each in attempts:
        await jobs.run(jobs.job(each, "true"))
    assert await are_gone(supervisor_of(process_host, each) for each in attempts)


async def test_a_supervisor_that_dies_before_its_word_leaves_no_zombie(
    jobs: Jobs, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned: list[int] = []
    spawn = os.posix_spawn

    def noted(*args: Any, **more: Any) -> int:
        spawned.append(spawn(*args, **more))
        return spawned[-1]

    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", shutil.which("false"))
        patched.setattr(os, "posix_spawn", noted)
        with pytest.raises(RuntimeUnavailable, match=r"supervisor\.log says why"):
            await jobs.start(jobs.job(attempt_id, "true"))
    assert len(spawned) == 1
    assert await are_gone(spawned)


async def test_a_supervisor_that_cannot_be_spawned_leaves_nothing_open(
    jobs: Jobs, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_before = os.listdir("/proc/self/fd")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(RuntimeUnavailable, match="No such file"):
            await jobs.start(jobs.job(attempt_id, "true"))
    assert len(os.listdir("/proc/self/fd")) <= len(open_before)


async def test_as_root_it_drops_to_the_user_it_is_told(process_host: RealRig, attempt_id: str) -> None:
    jobs = Jobs(process_host)
    jobs.runtime = ProcessRuntime(process_host.directory, user="nobody", output_limit=10_000)
    ended, output = await jobs.run(jobs.job(attempt_id, "id -un; echo mine > file; cat file"))
    assert (ended.message, output) == (None, b"nobody\nmine\n")
    await jobs.runtime.close()


async def test_the_user_it_drops_to_owns_each_directory_made_for_it(
    process_host: RealRig, attempt_id: str
) -> None:
    jobs = Jobs(process_host)
    jobs.runtime = ProcessRuntime(process_host.directory, user="nobody", output_limit=10_000)
    script = "echo mine > file; echo mine > ../file; cat file ../file"
    ended, output = await jobs.run(jobs.job(attempt_id, script, working_dir="/workflow/deep/down"))
    assert (ended.exit_status, output) == (0, b"mine\nmine\n")
    await jobs.runtime.close()


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"image": "busybox"}, "an image"),
        ({"entrypoint": ("sh",)}, "an entrypoint"),
        ({"privileged": True}, "privileged"),
        ({"shm_size": 1}, "shm_size"),
        ({"pids": 1}, "a limit of processes"),
        ({"limits": Quantities(memory=1)}, "limits of resources"),
        ({"requests": Quantities(gpu=1000)}, "GPUs"),
        ({"user": "somebody-else"}, "user somebody-else"),
        ({"command": ()}, "a process needs a command"),
    ],
)
async def test_what_a_process_cannot_be_given_is_refused_by_its_name(
    jobs: Jobs, attempt_id: str, asked: dict[str, object], named: str
) -> None:
    plain = jobs.job(attempt_id, "true")
    assert jobs.runtime.refusal(plain) is None
    spec = replace(plain.spec, **asked)  # type: ignore[arg-type]
    assert named in str(jobs.runtime.refusal(replace(plain, spec=spec)))


async def test_a_port_of_the_host_that_is_in_use_is_refused(jobs: Jobs, attempt_id: str) -> None:
    with closing(socket.create_server(("", 0))) as taken:
        port = taken.getsockname()[1]
        refusal = jobs.runtime.refusal(jobs.job(attempt_id, "true", ports=(port,)))
    assert refusal == f"port {port} of the host is in use"
    assert jobs.runtime.refusal(jobs.job(attempt_id, "true", ports=(port,))) is None
