"""Output over HTTP as bodies: what the log service and its clients both know."""

import msgspec

from runfold.eventlog.output import OutputPage, OutputQuery, OutputSlice


class PollBody(msgspec.Struct, frozen=True):
    """The body of `POST /output/poll`."""

    attempt_id: str
    query: OutputQuery = msgspec.field(default_factory=OutputQuery)


_encode = msgspec.json.Encoder().encode
_poll = msgspec.json.Decoder(PollBody)
_page = msgspec.json.Decoder(OutputPage)
_length = msgspec.json.Decoder(int)
# Raw bytes travel as they are, so a slice is no JSON.
_pack = msgspec.msgpack.Encoder().encode
_slice = msgspec.msgpack.Decoder(OutputSlice)


def encode_poll(attempt_id: str, query: OutputQuery) -> bytes:
    return _encode(PollBody(attempt_id, query))


def decode_poll(body: bytes) -> PollBody:
    """Raises msgspec.MsgspecError with the path of what is wrong, RecursionError for what is nested too deeply."""
    return _poll.decode(body)


def encode_page(page: OutputPage) -> bytes:
    """Records' data as base64."""
    return _encode(page)


def decode_page(body: bytes) -> OutputPage:
    return _page.decode(body)


def encode_slice(part: OutputSlice) -> bytes:
    return _pack(part)


def decode_slice(body: bytes) -> OutputSlice:
    return _slice.decode(body)


def encode_length(length: int) -> bytes:
    return _encode(length)


def decode_length(body: bytes) -> int:
    return _length.decode(body)
