"""Where the server is, who asks, and in which project: from the environment, else from the user's configuration."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from runfold.client.errors import NotConfigured
from runfold.client.project_files import DSTACK, RUNFOLD, Known, projects_in
from runfold.client.transport.connect import Connect

URL = "http://127.0.0.1:3000"
PROJECT = "main"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,50}")


@dataclass(frozen=True, slots=True)
class Settings:
    connect: Connect
    project: str


def resolve(project: str | None = None) -> Settings:
    """Runfold's variables, then dstack's, then `~/.runfold/config.yml`, then `~/.dstack/config.yml`.

    `project` comes before what these say. Raises NotConfigured.
    """
    name = project or _variable("RUNFOLD_PROJECT", "DSTACK_PROJECT")
    url = _variable("RUNFOLD_URL", "DSTACK_SERVER_URL")
    known = _known(name, url)
    url = url or (known.url if known else URL)
    token = _variable("RUNFOLD_TOKEN", "DSTACK_TOKEN") or (known.token if known else None)
    if not token:
        raise NotConfigured(
            f"no token: set RUNFOLD_TOKEN, or have one in {RUNFOLD} by `runfold project add`"
            if name is None
            else f"no token for project {name}: set RUNFOLD_TOKEN, or `runfold project add --name {name}`"
        )
    return _checked(url.rstrip("/"), token, name or (known.name if known else PROJECT))


def _checked(url: str, token: str, project: str) -> Settings:
    if not _is_url(url):
        raise NotConfigured(f"{url} is no URL of a server: it begins with http:// or https://")
    if not (token.isascii() and token.isprintable()):
        raise NotConfigured("the token isn't one: it holds what no token has")
    if _NAME.fullmatch(project) is None:
        raise NotConfigured(f"{project} is no name of a project: letters, digits, - and _ are")
    return Settings(Connect(url, token), project)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _variable(*names: str) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)


def _known(name: str | None, url: str | None) -> Known | None:
    """The one of that name; without one the default, or the first, of the first file that has any.

    Where a variable says the URL, only of that server: a token is for nobody else.
    """
    for path in (RUNFOLD, DSTACK):
        listed = [each for each in projects_in(path) if url is None or _same(each.url, url)]
        if (found := _chosen(listed, name)) is not None:
            return found
    return None


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def _chosen(listed: Sequence[Known], name: str | None) -> Known | None:
    if name is not None:
        return next((each for each in listed if each.name == name), None)
    return next((each for each in listed if each.default), listed[0] if listed else None)
