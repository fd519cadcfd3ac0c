"""Run:ai's refusals: `{"code": …, "message": …}`, the code repeating the status."""

import msgspec

from runfold.domain.errors import DomainError
from runfold.gateway.dialects.errors import headers, status
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused


def refuse(refusal: Refused | DomainError) -> Answer:
    code = status(refusal)
    body = msgspec.json.encode({"code": code, "message": str(refusal)})
    return Answer(body, code, headers=headers(refusal))
