"""dstack's own client: where its programs are, and a home for them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.testservers.environment import environment

HERE = Path(__file__).parent
#: Of the client, and of the server whose API it speaks.
VERSION = (HERE / "dstack.in").read_text().strip().partition("==")[2]


def programs() -> Path:
    """The folder of `dstack`, and of a Python that has it; made on first use."""
    return environment("dstack-client", HERE / "dstack.lock")


@contextmanager
def short_home() -> Iterator[Path]:
    """A home whose path is short, unlike pytest's: sockets lie in it, whose paths may have 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="dstack-") as directory:
        home = Path(directory)
        _looked_for_updates_today(home)
        yield home


def _looked_for_updates_today(home: Path) -> None:
    """Once a day the command line asks its makers whether there is a newer one, which is no business of a test."""
    asked = home / ".cache" / ".dstack" / "cli" / "last_check"
    asked.parent.mkdir(parents=True)
    asked.touch()
