"""Archives over HTTP as bodies: what the log service and its clients both know."""

import msgspec

from runfold.eventlog.archives import Archive

_decoder = msgspec.msgpack.Decoder(Archive)

encode = msgspec.msgpack.Encoder().encode


def decode(body: bytes) -> Archive:
    """Raises msgspec.MsgspecError."""
    return _decoder.decode(body)
