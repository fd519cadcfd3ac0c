"""One server for all that dstack's own clients do in these tests: each of their starts costs seconds as it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.testservers.program import free_ports
from tests.clients.dstack_cli import Dstack, programs
from tests.end_to_end.embedded import Embedded


@pytest.fixture(scope="session")
def dstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dstack]:
    """At a server whose front door is open; what jobs use is sampled often enough to be seen."""
    programs()
    place = tmp_path_factory.mktemp("dstack")
    settings = {"RUNFOLD_SSH_PORT": str(free_ports(1)[0]), "RUNFOLD_METRICS_INTERVAL": "0.3"}
    server = Embedded(place / "server", environment=settings)
    try:
        client = server.start()
        home = place / "home"
        _looked_for_updates_today(home)
        yield Dstack(home, client)
    finally:
        server.close()


def _looked_for_updates_today(home: Path) -> None:
    """Once a day it asks its makers whether there is a newer one, which is no business of a test."""
    asked = home / ".cache" / ".dstack" / "cli" / "last_check"
    asked.parent.mkdir(parents=True)
    asked.touch()
