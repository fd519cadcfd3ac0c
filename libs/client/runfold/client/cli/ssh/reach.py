"""How one gets at a job's ports: which, by which key, and at which address here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runfold.client.cli.ssh.ports import Forward


@dataclass(frozen=True, slots=True)
class Reach:
    ports: Sequence[Forward] = ()
    identity: Path | None = None  #: a private key, in place of the one that the server keeps
    host: str = "localhost"
    hints: bool = False  #: whether it is said how a shell is opened, too
