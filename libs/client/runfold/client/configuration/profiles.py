"""`profiles.yml`: named settings of where runs may go, beside the configuration or in the user's home."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from runfold.client.configuration.errors import InvalidConfiguration

_FOLDERS = (".runfold", ".dstack")


def profile(name: str | None, here: Path) -> dict[str, Any] | None:
    """The one of that name; without a name, the one that calls itself the default. Raises InvalidConfiguration."""
    known = [each for path in _paths(here) for each in _read(path)]
    if name is None:
        return next((each for each in known if each.get("default")), None)
    found = next((each for each in known if each.get("name") == name), None)
    if found is None:
        close = get_close_matches(name, [str(each.get("name")) for each in known], 1)
        raise InvalidConfiguration(
            f"no profile {name} is in .dstack/profiles.yml" + (f"; did you mean {close[0]}?" if close else "")
        )
    return found


def _paths(here: Path) -> Iterable[Path]:
    return (base / folder / "profiles.yml" for base in (here, Path.home()) for folder in _FOLDERS)


def _read(path: Path) -> list[dict[str, Any]]:
    import yaml

    if not path.is_file():
        return []
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidConfiguration(f"{path}: {error}") from None
    listed = read.get("profiles") if isinstance(read, dict) else None
    if not isinstance(listed, list):
        raise InvalidConfiguration(f"{path}: it is a mapping with a list of `profiles`")
    return [each for each in listed if isinstance(each, dict)]
