"""dstack's refusals (its spec, section 3): lists of details under 400, one under 403 and 404, a text under 401, 405."""

from typing import Any

import msgspec

from runfold.domain import errors as domain
from runfold.gateway.dialects.errors import headers
from runfold.gateway.http import errors as http
from runfold.gateway.http.call import Answer

_CODES: dict[type[Exception], str] = {
    domain.NotFound: "resource_not_exists",
    domain.AlreadyExists: "resource_exists",
}


_TEXT: dict[str, Any] = {"type": "string"}
_CODED = {
    "type": "object",
    "required": ["msg", "code"],
    "properties": {"msg": _TEXT, "code": {"type": ["string", "null"]}},
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "loc", "msg"],
    "properties": {
        "type": _TEXT,
        "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
        "msg": _TEXT,
        "input": {},
        "ctx": {"type": "object"},
    },
}
_DETAILS: dict[int, dict[str, Any]] = {
    400: {"type": "array", "items": _CODED},
    403: _CODED,
    404: {"anyOf": [_CODED, _TEXT]},
    422: {"type": "array", "items": _PROBLEM},
}


def refusals(status: int) -> dict[str, Any]:
    """The JSON Schema of what `refuse` answers with this status."""
    detail = _DETAILS.get(status, _TEXT)
    return {"type": "object", "required": ["detail"], "properties": {"detail": detail}}


def refuse(refusal: http.Refused | domain.DomainError) -> Answer:
    status, detail = _shape(refusal)
    return Answer(msgspec.json.encode({"detail": detail}), status, headers=headers(refusal))


def _shape(refusal: http.Refused | domain.DomainError) -> tuple[int, Any]:
    match refusal:
        case http.Malformed():
            return 422, refusal.problems
        case http.KeyReused():
            return 422, [{"type": "value_error", "loc": ["header", "Idempotency-Key"], "msg": str(refusal)}]
        case http.InvalidToken() | http.UnknownProject():
            return refusal.status, {"msg": refusal.message, "code": None}
        case domain.Denied():
            return 403, {"msg": "Access denied", "code": None}
        case http.Refused() if refusal.status != 400:
            return refusal.status, refusal.message
        case _:
            return 400, [{"msg": str(refusal), "code": _CODES.get(type(refusal), "error")}]
