"""What only containers have: images, limits, privileges, ports, and an engine that may go away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import docker
import pytest

from runfold.contracts.values import Mount, PullProgress, Quantities
from runfold.executor.runtime import Interrupted, RuntimeUnavailable, StartFailed
from runfold.executor.runtimes.docker import DockerRuntime
from runfold.executor.runtimes.docker.options import CAPABILITIES
from runfold.executor.runtimes.docker.pull import Progress
from tests.contract.runtime.rigs import Jobs, RealRig, docker_rig
from tests.servers.fixtures import Engine
from tests.servers.lookup import Breakable

MIB = 1024 * 1024


@pytest.fixture
async def jobs(docker_host: RealRig) -> AsyncIterator[Jobs]:
    jobs = Jobs(docker_host)
    yield jobs
    await jobs.runtime.close()


def inspected(engine: Engine, attempt_id: str) -> dict[str, Any]:
    client = docker.APIClient(engine.url)
    try:
        found: dict[str, Any] = client.inspect_container(f"runfold-{attempt_id}")
    finally:
        client.close()
    return found


async def test_a_container_is_found_by_the_name_of_its_attempt(
    jobs: Jobs, docker_engine: Engine, attempt_id: str
) -> None:
    await jobs.run(jobs.job(attempt_id, "true"))
    found = inspected(docker_engine, attempt_id)
    assert found["Config"]["Labels"]["runfold.attempt"] == attempt_id


async def test_it_has_the_limits_that_were_asked_for(
    jobs: Jobs, docker_engine: Engine, attempt_id: str
) -> None:
    limits = Quantities(cpu=250, memory=64 * MIB)
    await jobs.run(jobs.job(attempt_id, "true", limits=limits, pids=17, shm_size=MIB))
    host = inspected(docker_engine, attempt_id)["HostConfig"]
    told = (host["NanoCpus"], host["Memory"], host["MemorySwap"], host["PidsLimit"], host["ShmSize"])
    assert told == (250_000_000, 64 * MIB, 64 * MIB, 17, MIB)


async def test_it_has_few_privileges(jobs: Jobs, docker_engine: Engine, attempt_id: str) -> None:
    _, output = await jobs.run(jobs.job(attempt_id, "grep -E 'CapBnd|NoNewPrivs' /proc/self/status"))
    host = inspected(docker_engine, attempt_id)["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert sorted(cap.removeprefix("CAP_") for cap in host["CapAdd"]) == sorted(CAPABILITIES)
    known = dict(line.split() for line in output.decode().replace(":", " ").splitlines())
    assert int(known["CapBnd"], 16).bit_count() == len(CAPABILITIES)
    assert known["NoNewPrivs"] == "1"


async def test_one_that_takes_more_memory_than_its_limit_is_told_apart(jobs: Jobs, attempt_id: str) -> None:
    hog = "x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo ${#x}"
    limits = Quantities(memory=16 * MIB)
    ends = [
        (await jobs.run(jobs.job(f"{attempt_id}-{number}", hog, limits=limits)))[0] for number in range(3)
    ]
    assert {ended.exit_status for ended in ends} == {137}
    # On a busy machine the engine may hear of an end before it hears why, and then it never says why.
    assert any(ended.oom_killed and "memory" in str(ended.message) for ended in ends)


async def test_a_flood_of_short_lines_is_cut_off_before_its_bytes_reach_the_limit(
    docker_host: RealRig, attempt_id: str
) -> None:
    docker_host.limit = 100_000
    jobs = Jobs(docker_host)
    ended, output = await jobs.run(jobs.job(attempt_id, "yes | head -n 100000"))
    assert output.startswith(b"y\n" * 1000)
    assert output.endswith(b"[runfold: output was dropped here]\n")
    assert ended.output_bytes == len(output) < 3000


async def test_its_ports_are_reached_on_this_host_alone(
    jobs: Jobs, docker_engine: Engine, attempt_id: str
) -> None:
    started = await jobs.start(jobs.job(attempt_id, "sleep 60", ports=(8000,)))
    bound = inspected(docker_engine, attempt_id)["NetworkSettings"]["Ports"]["8000/tcp"]
    assert bound == [{"HostIp": "127.0.0.1", "HostPort": str(started.ports[8000])}]


async def test_a_command_is_the_whole_of_what_runs_and_without_one_the_images_own_does(
    jobs: Jobs, attempt_id: str
) -> None:
    _, output = await jobs.run(jobs.command(attempt_id, ("echo", "$HOME", "a b")))
    assert output == b"$HOME a b\n"
    ended, _ = await jobs.run(jobs.command(f"{attempt_id}-2", ()))
    assert ended.exit_status == 0
    _, output = await jobs.run(jobs.command(f"{attempt_id}-3", ("a", "b"), entrypoint=("echo", "first")))
    assert output == b"first a b\n"


async def test_a_missing_image_that_cannot_be_pulled_fails_the_start_and_says_so(
    jobs: Jobs, attempt_id: str
) -> None:
    job = jobs.job(attempt_id, "true", image="registry.invalid/nothing:1")
    with pytest.raises(StartFailed, match=r"registry\.invalid/nothing:1") as failure:
        await jobs.start(job)
    assert failure.value.reason == "creating_container_error"
    assert jobs.told == [PullProgress()]


def line(layer: str, status: str, current: int | None = None, total: int | None = None) -> dict[str, Any]:
    detail = {} if current is None else {"current": current, "total": total}
    return {"id": layer, "status": status, "progressDetail": detail}


def test_a_pull_tells_how_far_it_is_once_a_second_and_at_each_tenth() -> None:
    told: list[PullProgress] = []
    times = iter([0.0, 0.1, 0.2, 0.3, 0.4, 1.4, 1.5])
    progress = Progress("image:1", told.append, lambda: next(times))
    steps = [0, 200, 201, 202, 203]
    lines = [line("a", "Pulling fs layer"), *(line("a", "Downloading", at, 1000) for at in steps)]
    progress.follow(iter(lines))
    assert [word.downloaded_bytes for word in told] == [200, 202]


def test_a_pull_counts_the_layers_that_the_host_lacks_each_as_far_as_it_is() -> None:
    told: list[PullProgress] = []
    progress = Progress("image:1", told.append, count(0.0, 2.0).__next__)
    lines = [
        line("there", "Already exists"),
        line("a", "Pulling fs layer"),
        line("b", "Pulling fs layer"),
        line("a", "Downloading", 500, 1000),
        line("b", "Downloading", 100, 100),
        line("a", "Download complete"),
        line("a", "Extracting", 250, 1000),
        line("a", "Pull complete"),
        line("b", "Pull complete"),
    ]
    progress.follow(iter(lines))
    assert told[2:] == [
        PullProgress(500, 0, 1000),
        PullProgress(600, 0, 1100, True),
        PullProgress(1100, 0, 1100, True),
        PullProgress(1100, 250, 1100, True),
        PullProgress(1100, 1000, 1100, True),
        PullProgress(1100, 1100, 1100, True),
    ]


def test_a_pull_that_fails_midway_fails_the_start() -> None:
    progress = Progress("image:1", print, lambda: 0.0)
    with pytest.raises(StartFailed, match="no space left"):
        progress.follow(iter([{"status": "Downloading"}, {"error": "no space left"}]))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"image": None}, "needs an image"),
        ({"privileged": True}, "RUNFOLD_ALLOW_PRIVILEGED"),
        ({"requests": Quantities(gpu=1000)}, "GPUs"),
    ],
)
async def test_what_a_container_cannot_be_given_is_refused_by_its_name(
    jobs: Jobs, attempt_id: str, asked: dict[str, object], named: str
) -> None:
    plain = jobs.job(attempt_id, "true")
    assert jobs.runtime.refusal(plain) is None
    spec = replace(plain.spec, **asked)  # type: ignore[arg-type]
    assert named in str(jobs.runtime.refusal(replace(plain, spec=spec)))


async def test_a_job_without_an_image_gets_the_default_one_once_that_is_here(
    docker_engine: Engine, tmp_path: Path, attempt_id: str, docker_host: RealRig
) -> None:
    jobs = Jobs(docker_host)
    jobs.runtime = runtime = DockerRuntime(
        docker_host.directory,
        url=docker_engine.url,
        default_image=docker_engine.shell_image,
        output_limit=10_000,
    )
    job = jobs.job(attempt_id, "echo default", image=None)
    assert runtime.refusal(job) is not None
    assert await runtime.probe()
    assert runtime.refusal(job) is None
    _, output = await jobs.run(job)
    assert output == b"default\n"
    await runtime.close()


async def test_without_an_engine_it_says_so_and_nothing_is_known(tmp_path: Path, attempt_id: str) -> None:
    jobs = Jobs(docker_rig(tmp_path, f"unix://{tmp_path}/nobody.sock", "image"))
    assert not await jobs.runtime.probe()
    with pytest.raises(RuntimeUnavailable):
        await jobs.start(jobs.job(attempt_id, "true"))
    await jobs.runtime.close()


async def test_one_whose_container_somebody_removed_is_interrupted(
    jobs: Jobs, docker_engine: Engine, attempt_id: str
) -> None:
    await jobs.start(jobs.job(attempt_id, "sleep 60"))
    client = docker.APIClient(docker_engine.url)
    client.remove_container(f"runfold-{attempt_id}", force=True)
    client.close()
    with pytest.raises(Interrupted):
        await jobs.runtime.ended(attempt_id)


@pytest.fixture
async def mortal_jobs(breakable_docker: Breakable, tmp_path: Path) -> AsyncIterator[Jobs]:
    url = breakable_docker.url
    rig = docker_rig(tmp_path / "attempts", url, "local/busybox:1")
    jobs = Jobs(rig)
    yield jobs
    await jobs.runtime.close()
    await rig.close()


async def test_a_killed_engine_that_comes_back_loses_no_output_and_no_end(
    mortal_jobs: Jobs, breakable_docker: Breakable, attempt_id: str
) -> None:
    script = "echo before; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo after; exit 6"
    await mortal_jobs.start(mortal_jobs.job(attempt_id, script))
    assert await mortal_jobs.first_output(attempt_id) == b"before\n"
    breakable_docker.kill()
    breakable_docker.start()
    client = docker.APIClient(breakable_docker.url)
    client.exec_start(client.exec_create(f"runfold-{attempt_id}", ["touch", "/tmp/go"])["Id"], detach=True)
    client.close()
    ended = await asyncio.wait_for(mortal_jobs.runtime.ended(attempt_id), 30)
    assert ended.exit_status == 6
    assert await mortal_jobs.output(attempt_id) == b"before\nafter\n"


async def test_a_member_of_a_gang_has_the_hosts_network(
    jobs: Jobs, docker_engine: Engine, attempt_id: str
) -> None:
    ended, _ = await jobs.run(jobs.job(attempt_id, "true", host_network=True, ports=(18080,)))
    found = inspected(docker_engine, attempt_id)
    assert ended.exit_status == 0
    assert (found["HostConfig"]["NetworkMode"], found["HostConfig"]["PortBindings"] or {}) == ("host", {})


async def test_a_directory_of_the_host_is_seen_where_that_allows_it(
    docker_engine: Engine, tmp_path: Path, attempt_id: str, docker_host: RealRig
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hello").write_text("from the host\n")
    jobs = Jobs(docker_host)
    mounts = (Mount(str(tmp_path / "data"), "/mnt"), Mount("/etc", "/other", optional=True))
    job = jobs.job(attempt_id, "cat /mnt/hello; ls /other", mounts=mounts)
    assert "RUNFOLD_ALLOW_MOUNTS" in str(jobs.runtime.refusal(job))
    jobs.runtime = runtime = DockerRuntime(
        docker_host.directory, url=docker_engine.url, allow_mounts=[tmp_path], output_limit=10_000
    )
    assert await runtime.probe()
    assert runtime.refusal(job) is None
    _, output = await jobs.run(job)
    assert output.startswith(b"from the host\n")
    assert b"passwd" not in output
    await runtime.close()
