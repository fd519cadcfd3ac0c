"""A fresh gateway for each test that asks for one, and one whole server for all of a module."""

from collections.abc import AsyncGenerator, Iterator

import pytest
import pytest_asyncio

from tests.end_to_end.embedded import Embedded
from tests.integration.gateway.world import World, a_world


@pytest_asyncio.fixture
async def world() -> AsyncGenerator[World]:
    async with a_world() as made:
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    embedded = Embedded(tmp_path_factory.mktemp("hostile") / "server")
    yield embedded
    embedded.close()
