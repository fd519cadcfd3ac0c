"""`files` of a configuration: packed here, sent once, named in the run's specification."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from runfold.client.blocking import Client
from runfold.client.configuration.archives import packed
from runfold.client.configuration.documents import Document
from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.errors import NotFound


def sent(client: Client, document: Document, here: Path) -> list[dict[str, str]] | None:
    """Paths are relative to the document's directory. Raises InvalidConfiguration for one that isn't there."""
    wanted = document.configuration.get("files")
    if not isinstance(wanted, list) or not wanted:
        return None
    base = document.directory(here)
    return [_sent(client, document.path, base, *_mapping(each)) for each in wanted]


def _sent(client: Client, told: str, base: Path, local: str, path: str) -> dict[str, str]:
    source = base / Path(local).expanduser()
    if not source.exists():
        raise InvalidConfiguration(f"{told}: {source}, of `files`, isn't there")
    archive = packed(source)
    digest = sha256(archive).hexdigest()
    try:
        known = client.files.get(digest)
    except NotFound:
        known = client.files.upload(digest, archive)
    return {"id": known.id, "path": path}


def _mapping(each: Any) -> tuple[str, str]:
    """`src`, `src:/dst` or {local_path, path}; without a destination it is the same path there."""
    if isinstance(each, dict):
        local = str(each.get("local_path") or "")
        return local, str(each.get("path") or local)
    local, colon, path = str(each).rpartition(":")
    return (local, path) if colon else (path, path)
