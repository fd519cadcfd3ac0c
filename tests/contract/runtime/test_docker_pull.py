"""Pulls from a registry that is slow, silent or closed, by a real engine."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from infra.testservers.docker import remove_image
from runfold.contracts.executor import Assignment
from runfold.contracts.values import Ciphertext, PullProgress, RegistryAuth
from runfold.executor.runtime import StartFailed
from runfold.executor.runtimes.docker import pull
from tests.contract.runtime.rigs import Jobs, RealRig
from tests.servers.fixtures import Engine
from tests.servers.registry import Registry


@pytest.fixture
def registry(docker_engine: Engine) -> Iterator[Registry]:
    with Registry().serving() as registry:
        yield registry
        remove_image(docker_engine.url, registry.image)


@pytest.fixture
def closed_registry(docker_engine: Engine) -> Iterator[Registry]:
    with Registry(credentials=("ann", "s3cret")).serving() as registry:
        yield registry
        remove_image(docker_engine.url, registry.image)


@pytest.fixture
async def jobs(docker_host: RealRig) -> AsyncIterator[Jobs]:
    jobs = Jobs(docker_host)
    yield jobs
    await jobs.runtime.close()


def with_password(job: Assignment, password: str) -> Assignment:
    """The sealed value is the log service's; an executor gets the clear one."""
    auth = RegistryAuth("ann", Ciphertext("key", "nonce", "data"))
    return replace(job, spec=replace(job.spec, registry_auth=auth), registry_password=password)


async def halfway(registry: Registry) -> None:
    assert await asyncio.to_thread(registry.halfway.wait, 20)


async def test_an_image_is_pulled_and_runs(jobs: Jobs, registry: Registry, attempt_id: str) -> None:
    ended, output = await jobs.run(jobs.job(attempt_id, "echo hello", image=registry.image))
    assert (ended.exit_status, output) == (0, b"hello\n")
    assert jobs.told[0] == PullProgress()


async def test_a_slow_pull_says_how_far_it_is(
    jobs: Jobs, registry: Registry, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "PACE", 0.0)
    registry.flowing.clear()
    told: asyncio.Queue[PullProgress] = asyncio.Queue()
    job = jobs.job(attempt_id, "true", image=registry.image)
    starting = asyncio.create_task(jobs.runtime.start(job, create=True, on_pull=told.put_nowait))
    async with asyncio.timeout(20):
        while not (word := await told.get()).downloaded_bytes:
            pass
    assert 0 < word.downloaded_bytes <= word.total_bytes
    registry.flowing.set()
    await starting


async def test_an_unknown_tag_fails_the_start_by_its_name(
    jobs: Jobs, registry: Registry, attempt_id: str
) -> None:
    unknown = f"{registry.image.rpartition(':')[0]}:2"
    with pytest.raises(StartFailed, match=f"image {unknown}: .*manifest unknown") as failure:
        await jobs.start(jobs.job(attempt_id, "true", image=unknown))
    assert failure.value.reason == "creating_container_error"


async def test_the_right_credentials_open_a_registry(
    jobs: Jobs, closed_registry: Registry, attempt_id: str
) -> None:
    job = jobs.job(attempt_id, "echo in", image=closed_registry.image)
    _, output = await jobs.run(with_password(job, "s3cret"))
    assert output == b"in\n"


@pytest.mark.parametrize("password", ["wrong", None])
async def test_without_the_right_credentials_the_start_fails_and_says_so(
    jobs: Jobs, closed_registry: Registry, attempt_id: str, password: str | None
) -> None:
    job = jobs.job(attempt_id, "true", image=closed_registry.image)
    with pytest.raises(StartFailed, match=r"no basic auth|unauthorized|authentication required|denied"):
        await jobs.start(with_password(job, password) if password else job)


async def test_a_registry_that_falls_silent_amid_a_layer_fails_the_start(
    jobs: Jobs, registry: Registry, attempt_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "PATIENCE", 0.5)
    registry.flowing.clear()
    with pytest.raises(StartFailed, match=f"image {registry.image}: nothing of it came for 0.5 s"):
        await jobs.start(jobs.job(attempt_id, "true", image=registry.image))


async def test_a_stop_ends_a_pull_of_which_nothing_comes(
    jobs: Jobs, registry: Registry, attempt_id: str
) -> None:
    registry.flowing.clear()
    starting = asyncio.create_task(jobs.start(jobs.job(attempt_id, "true", image=registry.image)))
    await halfway(registry)
    await jobs.runtime.stop(attempt_id, 10)
    with pytest.raises(StartFailed) as failure:
        await asyncio.wait_for(starting, 10)
    assert failure.value.reason == "terminated_by_server"


async def test_a_stop_ends_the_wait_for_anothers_pull_and_not_that_pull(
    jobs: Jobs, registry: Registry, attempt_id: str
) -> None:
    registry.flowing.clear()
    one = asyncio.create_task(jobs.run(jobs.job(attempt_id, "echo one", image=registry.image)))
    await halfway(registry)
    other_id = f"{attempt_id}-2"
    other = asyncio.create_task(jobs.start(jobs.job(other_id, "true", image=registry.image)))
    await asyncio.sleep(0)
    await jobs.runtime.stop(other_id, 10)
    with pytest.raises(StartFailed, match="stopped"):
        await asyncio.wait_for(other, 10)
    registry.flowing.set()
    _, output = await one
    assert output == b"one\n"


async def test_one_stopped_amid_its_pull_leaves_the_image_to_the_next(
    jobs: Jobs, registry: Registry, attempt_id: str
) -> None:
    registry.flowing.clear()
    starting = asyncio.create_task(jobs.start(jobs.job(attempt_id, "true", image=registry.image)))
    await halfway(registry)
    await jobs.runtime.stop(attempt_id, 0)
    with pytest.raises(StartFailed):
        await starting
    registry.flowing.set()
    _, output = await jobs.run(jobs.job(f"{attempt_id}-2", "echo next", image=registry.image))
    assert output == b"next\n"
