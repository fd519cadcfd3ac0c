"""Tork's refusals: `{"message": …}`."""

from typing import Any

import msgspec

from runfold.domain.errors import DomainError
from runfold.gateway.dialects.errors import headers, status
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused, TooLarge


def refusals(_: int) -> dict[str, Any]:
    """The JSON Schema of what `refuse` answers, whatever the status."""
    return {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}


def refuse(refusal: Refused | DomainError) -> Answer:
    message = "Request Entity Too Large" if isinstance(refusal, TooLarge) else str(refusal)
    return Answer(msgspec.json.encode({"message": message}), status(refusal), headers=headers(refusal))
