"""What the docker runtime asks of an engine, with a stand-in for the SDK's client."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import pytest
from docker.auth import AuthConfig
from docker.errors import APIError, ImageNotFound, NotFound
from requests import Response

from runfold.contracts.executor import Assignment
from runfold.contracts.values import JobSpec, PullProgress
from runfold.executor.runtime import RuntimeUnavailable
from runfold.executor.runtimes.docker import DockerRuntime
from runfold.executor.runtimes.docker.engine import CALLS

CREATED = {
    "State": {"Status": "created", "StartedAt": "1970-01-01T00:00:01Z"},
    "NetworkSettings": {"Ports": {}},
}


def conflict() -> APIError:
    response = Response()
    response.status_code = 409
    return APIError("Conflict", response=response, explanation="the container name is already in use")


class Standin:
    """An engine that knows the image `here`; each other pull of it waits for `registry`."""

    def __init__(self) -> None:
        self.registry = threading.Event()
        #: What looking for the container finds, one after another, and the last one from then on.
        self.found: list[dict[str, Any] | None] = [None]
        self.started: list[str] = []
        self.base_url, self.api_version = "http://engine.invalid", "1.41"
        self._auth_configs, self.credstore_env = AuthConfig({"auths": {}}), None
        self.api = self.containers = self

    def ping(self) -> bool:
        return True

    def inspect_image(self, image: str) -> None:
        if image != "here":
            raise ImageNotFound("no such image")

    @contextmanager
    def post(self, *_: object, **__: object) -> Iterator[Any]:
        """Of a pull, which is all that is posted."""
        self.registry.wait(60)
        yield SimpleNamespace(ok=True, iter_lines=lambda **_: [b'{"error": "the registry is slow"}'])

    def inspect_container(self, name: str) -> dict[str, Any]:
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if found is None:
            raise NotFound(f"no container {name}")
        return found

    def create(self, **_: object) -> SimpleNamespace:
        raise conflict()

    def start(self, name: str) -> None:
        self.started.append(name)

    def logs(self, name: str, **_: object) -> None:
        raise NotFound(f"no container {name}")

    def close(self) -> None:
        self.registry.set()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Standin:
    standin = Standin()
    monkeypatch.setattr(docker, "DockerClient", lambda **_: standin)
    return standin


@pytest.fixture
async def runtime(engine: Standin, tmp_path: Path) -> AsyncIterator[DockerRuntime]:
    runtime = DockerRuntime(tmp_path, url="tcp://engine.invalid:2375", output_limit=10_000)
    yield runtime
    await runtime.close()


def job(attempt_id: str, image: str = "here") -> Assignment:
    return Assignment(attempt_id, "job-1", "run-1", "run", "main", JobSpec("job", ("true",), image=image))


async def test_slow_pulls_hold_up_nothing_else(runtime: DockerRuntime, engine: Standin) -> None:
    """However many: the engine still answers, so docker isn't taken for absent."""
    pulled: asyncio.Queue[PullProgress] = asyncio.Queue()
    jobs = [job(f"a-{number}", f"slow:{number}") for number in range(CALLS)]
    starts = [asyncio.create_task(runtime.start(one, create=True, on_pull=pulled.put_nowait)) for one in jobs]
    for _ in jobs:
        await pulled.get()
    answered = asyncio.create_task(runtime.probe())
    await asyncio.wait([answered], timeout=30)
    held_up = not answered.done()
    engine.registry.set()
    await asyncio.gather(*starts, answered, return_exceptions=True)
    assert not held_up


async def test_a_container_that_an_earlier_try_made_after_all_is_adopted(
    runtime: DockerRuntime, engine: Standin
) -> None:
    """The earlier create ran out of time here, not in the engine."""
    engine.found = [None, CREATED]
    started = await runtime.start(job("a-1"), create=True, on_pull=print)
    assert (engine.started, started.started_at) == (["runfold-a-1"], 1_000_000)


async def test_a_name_that_is_taken_by_nothing_to_be_seen_yet_says_try_again(
    runtime: DockerRuntime, engine: Standin
) -> None:
    """The engine keeps the name from when it begins to make a container, and shows that once it is made."""
    with pytest.raises(RuntimeUnavailable, match="being made"):
        await runtime.start(job("a-1"), create=True, on_pull=print)
    assert engine.started == []
