"""`repos` of a configuration: one at most, of this machine or at a URL."""

import re
from dataclasses import dataclass
from typing import Any

from runfold.client.configuration.documents import Document
from runfold.client.configuration.errors import InvalidConfiguration

_URL = re.compile(r"[^/:]+@[^/:]+:|[a-zA-Z][\w+.-]*://[^/]*")  #: as far as its own colons go
HERE = "."  #: in the job, its working directory


@dataclass(frozen=True, slots=True)
class WantedRepo:
    """Either `local_path` or `url`; `path` is where it goes in the job."""

    local_path: str | None = None
    url: str | None = None
    branch: str | None = None
    hash: str | None = None
    path: str = HERE


def wanted_repo(document: Document) -> WantedRepo | None:
    """None where none is wanted; what isn't even a list is the server's to refuse. Raises InvalidConfiguration."""
    listed = document.configuration.get("repos")
    if not isinstance(listed, list) or not listed:
        return None
    if len(listed) > 1:
        raise InvalidConfiguration(f"{document.path}: `repos` has one repo at most")
    wanted = _mapping(listed[0]) if isinstance(listed[0], dict) else _spelled(str(listed[0]))
    if (wanted.local_path is None) == (wanted.url is None):
        raise InvalidConfiguration(f"{document.path}: a repo has either a `local_path` or a `url`")
    return wanted


def _mapping(fields: dict[str, Any]) -> WantedRepo:
    def text(name: str) -> str | None:
        return str(fields[name]) if fields.get(name) else None

    return WantedRepo(text("local_path"), text("url"), text("branch"), text("hash"), text("path") or HERE)


def _spelled(text: str) -> WantedRepo:
    """`.`, a path or a URL, and `:` before a path in the job."""
    scheme = _URL.match(text)
    start = scheme.end() if scheme else 0
    where, colon, path = text[start:].partition(":")
    source = text[:start] + where
    path = path if colon and path else HERE
    return WantedRepo(url=source, path=path) if scheme else WantedRepo(local_path=source, path=path)
