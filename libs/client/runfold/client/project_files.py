"""`~/.runfold/config.yml` and `~/.dstack/config.yml`: the projects that a user knows, with their tokens."""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

RUNFOLD = Path("~/.runfold/config.yml")
DSTACK = Path("~/.dstack/config.yml")


@dataclass(frozen=True, slots=True)
class Known:
    name: str
    url: str
    token: str = field(repr=False)
    default: bool = False


def projects_in(path: Path) -> list[Known]:
    """Empty where there is no file, or none that can be read."""
    listed = _read(path).get("projects")
    return [known for each in listed if (known := _known(each))] if isinstance(listed, list) else []


def put(path: Path, project: Known) -> None:
    """In place of the one of its name; the first of all is the default."""
    others = [each for each in projects_in(path) if each.name != project.name]
    if project.default or not others:
        others = [replace(each, default=False) for each in others]
        project = replace(project, default=True)
    write(path, [*others, project])


def write(path: Path, projects: Iterable[Known]) -> None:
    """Whole or not at all, readable by its owner alone, with what else the file says."""
    whole = {**_read(path), "projects": [asdict(project) for project in projects]}
    path = path.expanduser()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.new")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        yaml.safe_dump(whole, file, sort_keys=False, allow_unicode=True)
    partial.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        read = yaml.safe_load(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return read if isinstance(read, dict) else {}


def _known(each: Any) -> Known | None:
    """None for what is no project; text that YAML takes for a number is text again."""
    if not isinstance(each, dict) or not each.get("name") or not each.get("url"):
        return None
    return Known(str(each["name"]), str(each["url"]), str(each.get("token") or ""), bool(each.get("default")))
