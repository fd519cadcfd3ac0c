"""What an answer says: a value, or one of the refusals in the shapes of dstack's and the native API."""

from typing import Any, TypeVar

import msgspec

from runfold.client.errors import Busy, Denied, Exists, Malformed, NotFound, NotUnderstood, Refused
from runfold.client.transport.call import Call

T = TypeVar("T")

_CODES: dict[str | None, type[Refused]] = {"resource_not_exists": NotFound, "resource_exists": Exists}
_STATUSES: dict[int, type[Refused]] = {401: Denied, 403: Denied, 404: NotFound, 503: Busy}


def value(call: Call[T], url: str, status: int, content: bytes) -> T:
    """The answer's value; raises Refused or NotUnderstood."""
    if status >= 400:
        raise refusal(status, content)
    if call.answer is type(None) and not content:
        return None
    try:
        return msgspec.json.decode(content, type=call.answer)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise NotUnderstood(f"{url}{call.path}", str(error)) from None


def refusal(status: int, content: bytes) -> Refused:
    detail = _detail(content)
    if status == 422:
        problems = _problems(detail)
        return Malformed(status, "; ".join(problems) or _text(detail, status), problems)
    if isinstance(detail, list):
        detail = detail[0] if detail else None
    code = detail.get("code") if isinstance(detail, dict) else None
    kind = _CODES.get(code) or _STATUSES.get(status, Refused)
    return kind(status, _text(detail, status), code)


def _detail(content: bytes) -> Any:
    try:
        told = msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    # A native problem names each mistake under `errors`, dstack's refusal under `detail`.
    return told.get("errors") or told.get("detail")


def _problems(detail: Any) -> list[str]:
    return [_problem(each) for each in detail if isinstance(each, dict)] if isinstance(detail, list) else []


def _problem(each: dict[str, Any]) -> str:
    where = [str(part) for part in each.get("loc") or () if part not in ("body", "plan", "run_spec", "spec")]
    return f"{'.'.join(where)}: {each.get('msg')}" if where else str(each.get("msg"))


def _text(detail: Any, status: int) -> str:
    if isinstance(detail, dict):
        detail = detail.get("msg")
    return detail if isinstance(detail, str) and detail else f"the server answers {status}"
