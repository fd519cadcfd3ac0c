"""JSON Schemas of configurations, which ship with the client: for editors, and to find fields that nobody knows."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from runfold.client.configuration.errors import InvalidConfiguration

SCHEMAS = "schemas.json"
URI = "https://json-schema.org/draft/2020-12/schema"


@cache
def _all() -> dict[str, Any]:
    text = files("runfold.client.configuration").joinpath(SCHEMAS).read_bytes()
    schemas: dict[str, Any] = msgspec.json.decode(text)
    return schemas


def types() -> list[str]:
    """Of configurations that have a schema."""
    return sorted(_all()["types"])


def schema(kind: str | None = None) -> dict[str, Any]:
    """Of one type of configuration, or of any of them."""
    shapes = _all()["types"]
    whole = shapes[kind] if kind else {"oneOf": [{"$ref": shape["$ref"]} for shape in shapes.values()]}
    return {"$schema": URI, **whole, "$defs": _all()["$defs"]}


def check(path: str, configuration: dict[str, Any]) -> None:
    """Raises InvalidConfiguration for the first field that there is none of, with what it could have meant."""
    shape = _all()["types"].get(configuration["type"])
    if shape is None:
        return
    for at, name, known in _unknown(configuration, shape, ""):
        close = get_close_matches(name, known, 1)
        meant = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(sorted(known))}"
        raise InvalidConfiguration(f"{path}: there is no field `{at}{name}`; {meant}")


def _unknown(value: Any, shape: dict[str, Any], at: str) -> Iterator[tuple[str, str, list[str]]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unknown(item, shape.get("items") or _inner(shape, "items"), f"{at}{number}.")
    if not isinstance(value, dict):
        return
    properties = _inner(shape, "properties")
    for name, item in value.items():
        if properties and name not in properties:
            yield at, str(name), list(properties)
        elif properties:
            yield from _unknown(item, properties[name], f"{at}{name}.")


def _inner(shape: dict[str, Any], key: str) -> dict[str, Any]:
    """`properties` or `items` of whichever alternative has them; empty where anything goes."""
    if "$ref" in shape:
        return _inner(_all()["$defs"][shape["$ref"].rpartition("/")[2]], key)
    if key in shape:
        found: dict[str, Any] = shape[key]
        return found
    alternatives = (_inner(each, key) for each in shape.get("anyOf", ()))
    return next((found for found in alternatives if found), {})
