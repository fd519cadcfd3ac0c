"""Messages of several types as bytes: `{"type": …, "data": …}`."""

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class _Frame(msgspec.Struct):
    type: str
    data: msgspec.Raw


_encoder = msgspec.json.Encoder()
_frame = msgspec.json.Decoder(_Frame)


class Frames(Generic[T]):
    """The dataclasses `types`, each known by its name."""

    def __init__(self, *types: type[T]) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            cls.__name__: msgspec.json.Decoder(cls) for cls in types
        }

    def encode(self, message: T) -> bytes:
        return _encoder.encode(_Frame(type(message).__name__, msgspec.Raw(_encoder.encode(message))))

    def decode(self, body: bytes | str) -> T:
        """Raises ValueError when `body` is none of these, as this version has them."""
        try:
            frame = _frame.decode(body)
            return self._decoders[frame.type].decode(frame.data)  # type: ignore[no-any-return]
        except (msgspec.MsgspecError, KeyError, RecursionError, UnicodeError) as error:
            raise ValueError(f"no message of this version: {error}") from error
