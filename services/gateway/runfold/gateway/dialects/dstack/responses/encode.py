"""Bytes out of what was rendered, and times as dstack writes them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from runfold.contracts.values import Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encoder = msgspec.json.Encoder()


def encoded(value: Any) -> bytes:
    return _encoder.encode(value)


def raw(text: bytes | str) -> msgspec.Raw:
    """JSON text that stands as it is in what is encoded."""
    return msgspec.Raw(text.encode() if isinstance(text, str) else text)


def listed(items: list[bytes]) -> bytes:
    """A JSON array of what is encoded already."""
    return b"[" + b",".join(items) + b"]"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def timestamp(at: Micros) -> str:
    seconds, micros = divmod(at, 1_000_000)
    return f"{_second(seconds)}.{micros:06d}Z"


def maybe(at: Micros | None) -> str | None:
    return None if at is None else timestamp(at)


def micros(at: datetime) -> Micros:
    """A time without a zone is UTC."""
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return (at - _EPOCH) // timedelta(microseconds=1)
