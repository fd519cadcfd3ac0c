"""Generated documents as text, the same each time."""

import json
import re
from collections.abc import Iterator
from typing import Any

#: What YAML 1.1 and 1.2 both read as the string it is, without quotes.
_PLAIN = re.compile(r"[A-Za-z_$][\w$./-]*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_yaml(value: Any) -> str:
    """YAML of dictionaries, lists and scalars."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _member(f"{indent}{_scalar(key)}:", inner, indent)
    elif isinstance(value, list) and value:
        for inner in value:
            first, *rest = _lines(inner, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
    else:
        yield indent + _scalar(value)


def _member(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _lines(value, indent + "  ")
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
