"""One call as a value: made without a connection, sent by either client."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """`answer` is the type that the answer's JSON is decoded into."""

    method: str
    path: str
    answer: type[T]
    body: Any = None
    query: Mapping[str, Any] = field(default_factory=dict)
    writes: bool = False  #: carries an Idempotency-Key, so that it may be repeated
    upload: tuple[str, bytes] | None = None  #: a file's name and content, in place of a body

    def plain(self) -> "Call[Any]":
        """The same, answered as the server says it, with the fields that this client doesn't know."""
        return replace(self, answer=Any)  # type: ignore[arg-type]

    @property
    def content(self) -> bytes | None:
        return None if self.body is None else msgspec.json.encode(self.body)


def post(path: str, answer: type[T], body: Any = None, *, writes: bool = False) -> Call[T]:
    return Call("POST", path, answer, body, writes=writes)
