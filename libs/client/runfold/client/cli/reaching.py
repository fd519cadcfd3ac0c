"""How a job is reached, as the command line says it."""

from collections.abc import Sequence
from pathlib import Path

import typer

from runfold.client.cli.ssh.ports import parse
from runfold.client.cli.ssh.reach import Reach


def reach(ports: Sequence[str] | None, host: str, identity: Path | None, *, hints: bool = False) -> Reach:
    """Raises typer.BadParameter."""
    try:
        given = [parse(text) for text in ports or ()]
    except ValueError as error:
        raise typer.BadParameter(
            f"{error}: give a port as 8080, 8000:8080 or *:8080", param_hint="-p"
        ) from None
    return Reach(given, identity.expanduser() if identity else None, host, hints)
