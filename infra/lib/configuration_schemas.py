"""JSON Schemas of what people write in `*.dstack.yml`, out of the API's document: its shapes and their shorthands.

The API's document tells of canonical forms alone, as programs send them; an editor must know `gpu: A100:2` too.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "contracts" / "openapi.json"
REFERENCE = "#/components/schemas/"
CONFIGURATIONS = {"task": "TaskConfiguration", "fleet": "FleetConfiguration-Input"}

_TEXT, _NUMBER, _WHOLE, _FLAG = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))
_TEXTS: Schema = {"type": "array", "items": _TEXT}
#: What may stand in place of a whole shape.
_SHAPES: dict[str, list[Schema]] = {
    "CPUSpec": [_WHOLE, _TEXT],
    "CountRange": [_WHOLE, _TEXT],
    "DiskSpec": [_NUMBER, _TEXT],
    "EntityReference": [_TEXT],
    "FleetNodes-Input": [_WHOLE, _TEXT],
    "GPUSpec": [_WHOLE, _TEXT],
    "MemoryRange": [_NUMBER, _TEXT],
    "PortMapping": [_WHOLE, _TEXT],
}
#: What may stand in place of a field's value, in whatever shape it is.
_DURATION = [_TEXT, _FLAG]
_FIELDS: dict[str, list[Schema]] = {
    "compute_capability": [_TEXT, _NUMBER],
    "cron": [_TEXT],
    "duration": _DURATION,
    "env": [_TEXTS],
    "idle_duration": _DURATION,
    "instances": [_TEXTS],
    "max_duration": _DURATION,
    "min": [_TEXT],
    "max": [_TEXT],
    "name": [_TEXT],
    "python": [_NUMBER],
    "shm_size": [_TEXT],
    "stop_duration": _DURATION,
    "time_window": _DURATION,
    "vendor": [_TEXT],
}
#: Ranges that are written without the name of the field that they are of.
_RANGED = {"CPUSpec", "DiskSpec"}


def schemas(document: Schema) -> Schema:
    """`types` by their names, and the shapes that they refer to."""
    shapes = document["components"]["schemas"]
    wanted = dict.fromkeys(_reached([*CONFIGURATIONS.values()], shapes))
    return {
        "types": {kind: {"$ref": f"#/$defs/{_named(shape)}"} for kind, shape in CONFIGURATIONS.items()},
        "$defs": {_named(name): _written(name, shapes[name]) for name in sorted(wanted)},
    }


def _reached(names: list[str], shapes: Schema) -> Iterator[str]:
    seen: set[str] = set()
    while names:
        if (name := names.pop()) not in seen:
            seen.add(name)
            yield name
            names += _references(shapes[name])


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"].removeprefix(REFERENCE)] if "$ref" in value else []
        return own + [name for inner in value.values() for name in _references(inner)]
    return [name for inner in value for name in _references(inner)] if isinstance(value, list) else []


def _written(name: str, shape: Schema) -> Schema:
    """As people write it: with shorthands, and without fields that there are none of."""
    properties = {field: _field(field, value) for field, value in shape.get("properties", {}).items()}
    if name in _RANGED:
        properties |= {bound: {"anyOf": [_NUMBER, _TEXT, {"type": "null"}]} for bound in ("min", "max")}
    strict = {**_referring(shape), "properties": properties, "additionalProperties": False}
    if name in _SHAPES:
        # What is left out of a shape that has a shorthand is filled in.
        strict.pop("required", None)
    return {"anyOf": [strict, *_SHAPES[name]]} if name in _SHAPES else strict


def _field(name: str, value: Schema) -> Schema:
    told: Schema = _referring(value)
    if name not in _FIELDS or told.get("enum"):
        return told
    alternatives = told.pop("anyOf", None) or [
        {key: told.pop(key) for key in [*told] if key not in ("title", "default", "description")}
    ]
    return {**told, "anyOf": [*alternatives, *(each for each in _FIELDS[name] if each not in alternatives)]}


def _referring(value: Any) -> Any:
    """The same with references into `$defs`."""
    if isinstance(value, dict):
        return {
            key: f"#/$defs/{_named(inner.removeprefix(REFERENCE))}" if key == "$ref" else _referring(inner)
            for key, inner in value.items()
        }
    return [_referring(inner) for inner in value] if isinstance(value, list) else value


def _named(shape: str) -> str:
    return shape.removesuffix("-Input")


def main() -> None:
    json.dump(schemas(json.loads(SOURCE.read_text())), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
