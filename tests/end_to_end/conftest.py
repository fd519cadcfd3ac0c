"""A server of its own for each test that asks for one, and one for all tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.testservers.program import free_ports
from tests.end_to_end.embedded import Embedded
from tests.end_to_end.place import Place
from tests.servers.fixtures import Engine


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    server = Embedded(tmp_path / "server")
    yield server
    server.close()


@pytest.fixture(scope="module", params=["process", "docker"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    environment: dict[str, str]
    engine: Engine | None
    environment, engine = {"RUNFOLD_SSH_PORT": str(free_ports(1)[0])}, None
    if request.param == "docker":
        engine = request.getfixturevalue("docker_engine")
        environment["RUNFOLD_DOCKER_HOST"] = engine.url
    server = Embedded(
        tmp_path_factory.mktemp(request.param) / "server", runtime=request.param, environment=environment
    )
    try:
        yield Place(server, engine)
    finally:
        server.close()
