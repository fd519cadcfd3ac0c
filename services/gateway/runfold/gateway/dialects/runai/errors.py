"""Run:ai's refusals: `{"code": …, "message": …}`, the code repeating the status."""

from typing import Any

import msgspec

from runfold.domain.errors import DomainError
from runfold.gateway.dialects.errors import headers, status
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused


def refuse(refusal: Refused | DomainError) -> Answer:
    code = status(refusal)
    body = msgspec.json.encode({"code": code, "message": str(refusal)})
    return Answer(body, code, headers=headers(refusal))


def refusals(_: int) -> dict[str, Any]:
    """The JSON Schema of what `refuse` answers, whatever the status."""
    return {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
    }
