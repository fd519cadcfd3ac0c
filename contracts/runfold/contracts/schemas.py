"""JSON Schemas of everything that services say to each other and to outsiders."""

from typing import Any, get_args

from pydantic import TypeAdapter

from runfold.contracts.connection import Said
from runfold.contracts.executor import Fact, Work
from runfold.contracts.registry import EVENT_TYPES
from runfold.contracts.shape import PRIVATE_FIELDS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CIPHERTEXT = "Ciphertext"


def documents() -> dict[str, dict[str, Any]]:
    """Type name -> JSON Schema 2020-12 of its data: events as the log has them, what executors are told and say."""
    events = {
        name: {"$id": f"urn:runfold:{name}:v{kind.version}", **schema(kind.cls)}
        for name, kind in EVENT_TYPES.items()
    }
    messages = {
        cls.__name__: {"$id": f"urn:runfold:{cls.__name__}", **schema(cls)}
        for cls in (*get_args(Fact), *get_args(Work), *get_args(Said))
    }
    every = {**events, **messages}
    return {name: {"$schema": _DIALECT, **every[name]} for name in sorted(every)}


def schema(cls: type[Any], refs: str = "#/$defs/{model}") -> dict[str, Any]:
    """Of what is written: unknown fields are allowed, so that fields can be added."""
    return TypeAdapter(cls).json_schema(ref_template=refs, mode="serialization")


def public(document: dict[str, Any]) -> dict[str, Any]:
    """`document` of an event without the properties that outsiders don't get."""
    definitions = {
        name: _shown(definition, frozenset())
        for name, definition in document.get("$defs", {}).items()
        if name != _CIPHERTEXT
    }
    whole = {**_shown(document, PRIVATE_FIELDS.get(document["title"], frozenset())), "$defs": definitions}
    return whole if definitions else {key: value for key, value in whole.items() if key != "$defs"}


def _shown(definition: dict[str, Any], private: frozenset[str]) -> dict[str, Any]:
    properties = definition.get("properties", {})
    hidden = private | {name for name, inner in properties.items() if f"/{_CIPHERTEXT}'" in str(inner)}
    if not hidden:
        return definition
    return {
        **definition,
        "properties": {name: inner for name, inner in properties.items() if name not in hidden},
        "required": [name for name in definition.get("required", []) if name not in hidden],
    }
