"""Messages between the log service and executors as bytes: `{"type": …, "data": …}`."""

from typing import Any, get_args

import msgspec

from runfold.contracts.executor import Fact, Work


class _Frame(msgspec.Struct):
    type: str
    data: msgspec.Raw


_encoder = msgspec.json.Encoder()
_frame = msgspec.json.Decoder(_Frame)
_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    cls.__name__: msgspec.json.Decoder(cls) for cls in (*get_args(Fact), *get_args(Work))
}


def encode(message: Fact | Work) -> bytes:
    return _encoder.encode(_Frame(type(message).__name__, msgspec.Raw(_encoder.encode(message))))


def decode(body: bytes) -> Fact | Work:
    """Raises ValueError when `body` is no message of this version."""
    try:
        frame = _frame.decode(body)
        return _decoders[frame.type].decode(frame.data)  # type: ignore[no-any-return]
    except (msgspec.MsgspecError, KeyError, RecursionError) as error:
        raise ValueError(f"no message between log and executor: {error}") from error
