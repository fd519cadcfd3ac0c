"""A run or fleet by its name, or the name that was meant."""

from collections.abc import Iterable
from difflib import get_close_matches

from runfold.client.blocking import Client
from runfold.client.errors import NotFound
from runfold.client.models.fleets import Fleet
from runfold.client.models.runs import Run


def run_named(client: Client, name: str) -> Run:
    """Raises NotFound, with a name that is like it where there is one."""
    try:
        return client.runs.get(name)
    except NotFound as error:
        raise _missing("run", name, (run.name for run in client.runs.list()), error) from None


def fleet_named(client: Client, name: str) -> Fleet:
    """Raises NotFound, with a name that is like it where there is one."""
    try:
        return client.fleets.get(name)
    except NotFound as error:
        raise _missing("fleet", name, (fleet.name for fleet in client.fleets.list()), error) from None


def _missing(what: str, name: str, known: Iterable[str], error: NotFound) -> NotFound:
    close = get_close_matches(name, list(known), 1)
    meant = f"; did you mean {close[0]}?" if close else ""
    return NotFound(error.status, f"there is no {what} {name}{meant}", error.code)
