"""One HTTP request read whole, and the answer to it."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

JSON = "application/json"
NULL = b"null"


@dataclass(frozen=True, slots=True)
class Call:
    """Header names are lower case; headers and query hold no surrogates."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    request_id: str = ""
    traceparent: str | None = None

    @property
    def token(self) -> str | None:
        """The bearer token it carries, or None where it carries none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@dataclass(frozen=True, slots=True)
class Answer:
    """`stream`, where it is set, follows `body` for as long as it lasts."""

    body: bytes = NULL
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: AsyncGenerator[bytes] | None = None
