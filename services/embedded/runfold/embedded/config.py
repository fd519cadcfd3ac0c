"""The user's own configuration, `~/.runfold/config.yml`: where a first start leaves the admin's token."""

import os
from itertools import count
from pathlib import Path
from typing import Any

import yaml

PATH = Path("~/.runfold/config.yml")
NAME = "main"


def remember_token(url: str, token: str) -> Path:
    """Where the token is now: beside what others the file has, in place of what it had for `url` or project main.

    The file is readable by its owner alone; what it was before is kept beside it, under a name that was free.
    """
    path = PATH.expanduser()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = _read(path)
    others = [each for each in _projects(whole) if each.get("url") != url and each.get("name") != NAME]
    for other in others:
        other.pop("default", None)
    mine = {"name": NAME, "url": url, "token": token, "default": True}
    text = yaml.safe_dump({**whole, "projects": [*others, mine]}, sort_keys=False, allow_unicode=True)
    if path.exists():
        _write(_free(path), path.read_bytes())
    partial = path.with_name(f"{path.name}.new")
    _write(partial, text.encode())
    partial.replace(path)
    return path


def holder(url: str) -> Path | None:
    """The file, where it has a token for `url`."""
    path = PATH.expanduser()
    known = any(each.get("url") == url and each.get("token") for each in _projects(_read(path)))
    return path if known else None


def _read(path: Path) -> dict[str, Any]:
    """Empty where there is none, or none that can be read."""
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return read if isinstance(read, dict) else {}


def _projects(whole: dict[str, Any]) -> list[dict[str, Any]]:
    listed = whole.get("projects")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _free(path: Path) -> Path:
    """`config.yml.old`, or the first of `config.yml.old.1`, … that there isn't."""
    names = (f"{path.name}.old{f'.{number}' if number else ''}" for number in count())
    return next(free for name in names if not (free := path.with_name(name)).exists())
