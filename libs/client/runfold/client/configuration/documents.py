"""Files in which configurations lie."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runfold.client.configuration.errors import InvalidConfiguration

STDIN = "-"
DEFAULTS = (".runfold.yml", ".dstack.yml", ".runfold.yaml", ".dstack.yaml")
#: What others need comes first, where several are applied at once.
_ORDER = ("gateway", "volume", "fleet", "service", "dev-environment", "task")


@dataclass(frozen=True, slots=True)
class Document:
    path: str
    configuration: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.configuration["type"])

    def directory(self, here: Path) -> Path:
        """To which its paths are relative."""
        return here if self.path == STDIN else Path(self.path).absolute().parent

    def having(self, configuration: dict[str, Any]) -> "Document":
        return replace(self, configuration=configuration)


def read(given: Sequence[str], here: Path) -> list[Document]:
    """Those given, each a file, a directory or `-`; else the one that lies `here`. Raises InvalidConfiguration."""
    paths = [path for each in given for path in _files(each)] if given else [_default(here)]
    documents = [_document(path) for path in paths]
    return sorted(documents, key=lambda document: _ORDER.index(document.type))


def _files(given: str) -> Iterable[str]:
    path = Path(given)
    if given == STDIN or not path.is_dir():
        return [given]
    found = sorted(str(each) for each in path.iterdir() if _is_configuration(each))
    if not found:
        raise InvalidConfiguration(f"{given}: no *.dstack.yml or *.runfold.yml is in there")
    return found


def _is_configuration(path: Path) -> bool:
    return path.name.endswith(DEFAULTS) and path.is_file()


def _default(here: Path) -> str:
    found = next((here / name for name in DEFAULTS if (here / name).is_file()), None)
    if found is None:
        raise InvalidConfiguration(f"no {DEFAULTS[0]} or {DEFAULTS[1]} is in {here}: name a file by -f")
    return str(found)


def _document(path: str) -> Document:
    import yaml

    try:
        text = sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8")
        configuration = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidConfiguration(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    except yaml.YAMLError as error:
        raise InvalidConfiguration(f"{path}: {_where(error)}") from None
    if not isinstance(configuration, dict):
        raise InvalidConfiguration(f"{path}: a configuration is a mapping that begins with `type:`")
    return Document(path, _typed(path, configuration))


def _typed(path: str, configuration: dict[str, Any]) -> dict[str, Any]:
    kind = configuration.get("type")
    if kind not in _ORDER:
        told = "has no `type`" if kind is None else f"has a `type` that isn't known, {kind}"
        raise InvalidConfiguration(f"{path} {told}: it is one of {', '.join(reversed(_ORDER))}")
    return configuration


def _where(error: Any) -> str:
    mark = getattr(error, "problem_mark", None)
    at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{at}{getattr(error, 'problem', None) or error}"
