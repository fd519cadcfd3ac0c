"""What two JSON values differ in by their keys, however deep."""

from collections.abc import Iterator
from typing import Any


def differences(ours: Any, theirs: Any, at: str = "") -> Iterator[str]:
    """Each as `where: who alone has it`; of lists the first items stand for all, and null for anything."""
    match ours, theirs:
        case dict(), dict():
            yield from _of_objects(ours, theirs, at)
        case list(), list():
            if ours and theirs:
                yield from differences(ours[0], theirs[0], f"{at}[]")
        case None, _:
            return
        case _, None:
            return
        case _ if _kind(ours) != _kind(theirs):
            yield f"{at}: {_kind(ours)} instead of {_kind(theirs)}"


def _of_objects(ours: dict[str, Any], theirs: dict[str, Any], at: str) -> Iterator[str]:
    for key in sorted(ours.keys() | theirs.keys()):
        where = f"{at}.{key}" if at else key
        if key not in theirs:
            yield f"{where}: ours alone"
        elif key not in ours:
            yield f"{where}: theirs alone"
        else:
            yield from differences(ours[key], theirs[key], where)


def _kind(value: Any) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__
