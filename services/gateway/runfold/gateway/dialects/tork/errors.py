"""Tork's refusals: `{"message": …}`."""

import msgspec

from runfold.domain.errors import DomainError
from runfold.gateway.dialects.errors import headers, status
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused, TooLarge


def refuse(refusal: Refused | DomainError) -> Answer:
    message = "Request Entity Too Large" if isinstance(refusal, TooLarge) else str(refusal)
    return Answer(msgspec.json.encode({"message": message}), status(refusal), headers=headers(refusal))
