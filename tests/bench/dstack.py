"""dstack's own server, of the version whose API ours speaks: what a user would have instead, on the same machine.

It has no fleet, and without the internet could have none: its runs end for want of capacity, without running.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.testservers.environment import environment
from infra.testservers.program import Program, free_ports, listens
from tests.bench.world import Served
from tests.end_to_end.client import Client
from tests.end_to_end.embedded import TOKEN

HERE = Path(__file__).parent
NAME = "dstack " + (HERE / "dstack.in").read_text().strip().partition("==")[2]
#: What a run of its own comes to here.
ENDED = f"{NAME}, whose runs end without having run"
PATIENCE = 600.0  #: seconds until what it was given to do is done


@contextlib.contextmanager
def served(directory: Path) -> Iterator[Served]:
    """With its defaults, and nothing in it."""
    programs = environment("dstack", HERE / "dstack.lock")
    (port,) = free_ports(1)
    directory.mkdir()
    server = Program(directory, "dstack")
    told = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(directory),
        "DSTACK_SERVER_DIR": str(directory / "server"),
        "DSTACK_SERVER_ADMIN_TOKEN": TOKEN,
        "DSTACK_DO_NOT_UPDATE_DEFAULT_PROJECT": "1",
    }
    command = [str(programs / "dstack"), "server", "--host", "127.0.0.1", "--port", str(port), "-y"]
    server.start(command, told, inherit=False)
    try:
        server.await_ready(lambda: listens(port), seconds=120)
        yield Served("dstack", port, TOKEN)
    finally:
        server.stop()


def change(client: Client) -> float:
    """Seconds from a run's submission until its status is another one, which only asking again tells."""
    began = time.perf_counter()
    name = client.submit("true")["run_spec"]["run_name"]
    _until(lambda: client.get(name)["status"] != "submitted", every=0.05)
    return time.perf_counter() - began


def await_end(client: Client) -> None:
    """Returns when no run is under way; raises TimeoutError."""
    ask = {"only_active": True, "limit": 1}
    _until(lambda: not client.post("/api/runs/list", ask).json(), every=0.2)


def _until(so: Callable[[], bool], *, every: float) -> None:
    deadline = time.monotonic() + PATIENCE
    while not so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{NAME} has not come there in {PATIENCE:.0f} s")
        time.sleep(every)
