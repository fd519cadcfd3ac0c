"""One server for all that dstack's own command line does in these tests: each of its starts costs seconds as it is."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from infra.testservers.program import free_ports
from tests.clients.dstack_cli import Dstack
from tests.clients.installed import programs, short_home
from tests.end_to_end.embedded import Embedded


@pytest.fixture(scope="session")
def dstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dstack]:
    """At a server whose front door is open; what jobs use is sampled often enough to be seen."""
    programs()
    settings = {"RUNFOLD_SSH_PORT": str(free_ports(1)[0]), "RUNFOLD_METRICS_INTERVAL": "0.3"}
    directory = tmp_path_factory.mktemp("dstack") / "server"
    with closing(Embedded(directory, environment=settings)) as server, short_home() as home:
        yield Dstack(home, server.start())
