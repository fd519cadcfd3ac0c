"""The projects that a user has configured."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from runfold.client.blocking import Client
from runfold.client.cli.asking import confirmed
from runfold.client.cli.shown import consoles, json
from runfold.client.cli.shown.tables import Cell, table
from runfold.client.errors import NotConfigured, RunfoldError
from runfold.client.project_files import DSTACK, RUNFOLD, Known, projects_in, put, write
from runfold.client.transport.connect import Connect


def show(*, verbose: bool, as_json: bool) -> None:
    """Also those of dstack's own file, which are used but never written."""
    found = [*projects_in(RUNFOLD), *projects_in(DSTACK)]
    if as_json:
        json.whole([{"name": each.name, "url": each.url, "default": each.default} for each in found])
        return
    columns = ("project", "url", "default", *(("user",) if verbose else ()))
    consoles.answers().print(table(columns, [_row(each, verbose) for each in found]))


def add(name: str, url: str, token: str, *, default: bool | None) -> None:
    """Asks the server first, and the user whether it is to be the default where nothing says so."""
    token = sys.stdin.readline().strip() if token == "-" else token
    with Client(Connect(url.rstrip("/"), token), name) as client:
        client.projects.get()
    if default is None:
        known = projects_in(RUNFOLD)
        default = not known or confirmed(f"Make {name} the default project?", yes=False)
    put(RUNFOLD, Known(name, url.rstrip("/"), token, default))
    print(f"project {name} is kept in {RUNFOLD}")


def set_default(name: str) -> None:
    known = projects_in(RUNFOLD)
    _check(name, known)
    write(RUNFOLD, [replace(each, default=each.name == name) for each in known])
    print(f"project {name} is the default")


def forget(name: str) -> None:
    known = projects_in(RUNFOLD)
    _check(name, known)
    write(RUNFOLD, [each for each in known if each.name != name])
    print(f"project {name} is forgotten")


def _check(name: str, known: Iterable[Known]) -> None:
    names = [each.name for each in known]
    if name not in names:
        close = get_close_matches(name, names, 1)
        raise NotConfigured(
            f"there is no project {name} in {RUNFOLD}" + (f"; did you mean {close[0]}?" if close else "")
        )


def _row(known: Known, verbose: bool) -> list[Cell]:
    row: list[Cell] = [known.name, known.url, "✓" if known.default else ""]
    return [*row, _user(known)] if verbose else row


def _user(known: Known) -> str:
    """Who the token is there, or why that can't be told."""
    try:
        with Client(Connect(known.url.rstrip("/"), known.token), known.name) as client:
            return client.projects.me().username
    except RunfoldError as error:
        return f"({error})"
