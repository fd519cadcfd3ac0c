"""Every runtime, one suite for all."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contract.runtime.rigs import Jobs, MemoryRig, RealRig, Rig, docker_rig, process_rig
from tests.servers.fixtures import Engine


@pytest.fixture
def memory_rig() -> MemoryRig:
    return MemoryRig()


@pytest.fixture
async def process_host(tmp_path: Path) -> AsyncIterator[RealRig]:
    rig = process_rig(tmp_path / "attempts")
    yield rig
    await rig.close()


@pytest.fixture
async def docker_host(tmp_path: Path, docker_engine: Engine) -> AsyncIterator[RealRig]:
    rig = docker_rig(tmp_path / "attempts", docker_engine.url, docker_engine.shell_image)
    yield rig
    await rig.close()


@pytest.fixture(params=["memory_rig", "process_host", "docker_host"])
def rig(request: pytest.FixtureRequest) -> Rig:
    made: Rig = request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=["process_host", "docker_host"])
def real_rig(request: pytest.FixtureRequest) -> RealRig:
    made: RealRig = request.getfixturevalue(request.param)
    return made


@pytest.fixture
async def jobs(rig: Rig) -> AsyncIterator[Jobs]:
    jobs = Jobs(rig)
    yield jobs
    await jobs.runtime.close()


@pytest.fixture
async def real_jobs(real_rig: RealRig) -> AsyncIterator[Jobs]:
    jobs = Jobs(real_rig)
    yield jobs
    await jobs.runtime.close()


@pytest.fixture
def attempt_id() -> str:
    """Containers of several tests share an engine."""
    return str(uuid4())
