"""What each kind of refusal is as an HTTP status, where a dialect has no rule of its own."""

from runfold.domain import errors as domain
from runfold.gateway.http.errors import Busy, Refused, WrongMethod

_STATUS: dict[type[domain.DomainError], int] = {
    domain.NotFound: 404,
    domain.AlreadyExists: 409,
    domain.StillActive: 409,
    domain.Denied: 403,
    domain.Invalid: 422,
}


def status(refusal: Refused | domain.DomainError) -> int:
    return refusal.status if isinstance(refusal, Refused) else _STATUS.get(type(refusal), 400)


def headers(refusal: Refused | domain.DomainError) -> dict[str, str]:
    """Retry-After, where trying again may help; Allow, where another method would do."""
    match refusal:
        case Busy():
            return {"Retry-After": str(refusal.retry_after)}
        case WrongMethod():
            return {"Allow": ", ".join(refusal.allowed)}
        case _:
            return {}
