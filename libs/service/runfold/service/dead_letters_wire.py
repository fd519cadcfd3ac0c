"""Dead letters over HTTP as bodies: what the log service and its clients both know. Raw bytes travel as they are."""

import msgspec

from runfold.bus.dead_letters import DeadLetter


class Replayed(msgspec.Struct, frozen=True):
    """How many were put back; or `refused`, why not all that were asked for."""

    count: int = 0
    refused: str | None = None


encode = msgspec.msgpack.Encoder().encode
_letters = msgspec.msgpack.Decoder(list[DeadLetter])
_letter: msgspec.msgpack.Decoder[DeadLetter | None] = msgspec.msgpack.Decoder(DeadLetter | None)
_count = msgspec.msgpack.Decoder(int)
_replayed = msgspec.msgpack.Decoder(Replayed)


def decode_letters(body: bytes) -> list[DeadLetter]:
    return _letters.decode(body)


def decode_letter(body: bytes) -> DeadLetter | None:
    return _letter.decode(body)


def decode_count(body: bytes) -> int:
    return _count.decode(body)


def decode_replayed(body: bytes) -> Replayed:
    return _replayed.decode(body)
