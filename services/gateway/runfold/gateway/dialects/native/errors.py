"""Refusals as RFC 9457 problems."""

from http import HTTPStatus
from typing import Any

import msgspec

from runfold.domain.errors import DomainError
from runfold.gateway.dialects.errors import headers, status
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Malformed, Refused

PROBLEM = "application/problem+json"


_TEXT = {"type": "string"}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def refusals(_: int) -> dict[str, Any]:
    """The JSON Schema of what `refuse` answers, whatever the status."""
    return _SCHEMA


def refuse(refusal: Refused | DomainError) -> Answer:
    code = status(refusal)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": str(refusal),
    }
    if isinstance(refusal, Malformed):
        problem["errors"] = refusal.problems
    return Answer(msgspec.json.encode(problem), code, PROBLEM, headers(refusal))
