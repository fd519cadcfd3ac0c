"""Bodies into models, and what is wrong with them in pydantic's words, bounded whatever was sent."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from runfold.gateway.http.errors import Malformed

PROBLEMS, ECHO = 50, 1000  #: most problems told, most characters of a wrong input shown again

M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], body: bytes) -> M:
    """Raises Malformed."""
    if not body.strip():
        raise Malformed([{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}])
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _malformed(error, body, "body") from None
    except RecursionError:
        raise Malformed([_not_json(0, "nested too deeply")]) from None


def parse_query(model: type[M], query: dict[str, str]) -> M:
    """Raises Malformed."""
    try:
        return model.model_validate_strings(query)
    except ValidationError as error:
        raise _malformed(error, b"", "query") from None


def problem(loc: list[str | int], message: str, value: Any = None) -> dict[str, Any]:
    """One value_error, as pydantic's would be."""
    return {"type": "value_error", "loc": loc, "msg": f"Value error, {message}", "input": _short(value)}


def _malformed(error: ValidationError, body: bytes, where: str) -> Malformed:
    found = error.errors(include_url=False)
    if found[0]["type"] == "json_invalid":
        return Malformed([_not_json(*_fault(body))])
    return Malformed([_told(item, where) for item in found[:PROBLEMS]])


def _told(item: Any, where: str) -> dict[str, Any]:
    told = {
        "type": item["type"],
        "loc": [where, *item["loc"]],
        "msg": item["msg"],
        "input": _short(item.get("input")),
    }
    if "ctx" in item:
        told["ctx"] = {k: {} if isinstance(v, Exception) else _short(v) for k, v in item["ctx"].items()}
    return told


def _short(value: Any) -> Any:
    """What was sent, unless showing it again would make a large answer out of a large request."""
    if isinstance(value, str):
        return value[:ECHO]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return None
    return value if len(text) <= ECHO else None


def _fault(body: bytes) -> tuple[int, str]:
    """Where the standard library finds `body` not to be JSON, and in which words."""
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        return error.pos, error.msg
    except RecursionError:
        return 0, "nested too deeply"
    except ValueError as error:
        return 0, str(error)[:ECHO]
    return 0, "not JSON as RFC 8259 has it"


def _not_json(position: int, message: str) -> dict[str, Any]:
    return {
        "type": "json_invalid",
        "loc": ["body", position],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": message},
    }
