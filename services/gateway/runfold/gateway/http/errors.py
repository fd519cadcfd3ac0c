"""Why a call was refused, in nobody's dialect; each dialect gives it its own shape."""

from collections.abc import Sequence
from typing import Any


class Refused(Exception):
    """Base of what a call can be refused for."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unauthenticated(Refused):
    """No bearer token."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Not authenticated")


class InvalidToken(Refused):
    """A token nobody has."""

    status = 403

    def __init__(self) -> None:
        super().__init__("Invalid token")


class UnknownPath(Refused):
    """Nothing is there."""

    status = 404

    def __init__(self) -> None:
        super().__init__("Not Found")


class WrongMethod(Refused):
    """Something is there, for other methods."""

    status = 405

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("Method Not Allowed")
        self.allowed = tuple(allowed)


class UnknownProject(Refused):
    """The path names a project that doesn't exist."""

    status = 404

    def __init__(self) -> None:
        super().__init__("Not found")


class TooLarge(Refused):
    """It is over the limit, in bytes: the body, or what would be made durable of it."""

    status = 413

    def __init__(self, limit: int, what: str = "The request body") -> None:
        super().__init__(f"{what} is larger than {limit} bytes")


class UploadTooLarge(Refused):
    """A file over the limit, in bytes, its form included."""

    def __init__(self, limit: int, size: int | None) -> None:
        told = "" if size is None else f" of {size} bytes"
        super().__init__(f"The upload{told} is larger than {limit} bytes, the most that this server takes")


class TooSlow(Refused):
    """The body didn't arrive within `seconds`."""

    status = 408

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The request body did not arrive within {seconds:g} seconds")


class Malformed(Refused):
    """The body or a parameter has the wrong shape; `problems` are pydantic's, their `loc` from `body` or `query` on."""

    status = 422

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(f"{_dotted(p['loc'])}: {p['msg']}" for p in problems[:5]))
        self.problems = problems


class KeyReused(Refused):
    """The Idempotency-Key came before with another body."""

    status = 422

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with another body")


class Unsupported(Refused):
    """A part of the dialect that Runfold doesn't have yet."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not yet supported")


class Busy(Refused):
    """Not now; repeat after `retry_after` seconds."""

    status = 503

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Internal(Refused):
    """A fault of ours; what it was is in the log, under the request's id."""

    status = 500

    def __init__(self) -> None:
        super().__init__("Internal Server Error")


def _dotted(loc: Sequence[Any]) -> str:
    return ".".join(str(part) for part in loc)
