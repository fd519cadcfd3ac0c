"""A server of its own for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.embedded import Embedded


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    server = Embedded(tmp_path / "server")
    yield server
    server.close()
