"""Rebuilds over HTTP as bodies: what the log service and its clients both know."""

import msgspec

from runfold.service.rebuilds import Rebuild

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Rebuild)


def encode(rebuild: Rebuild) -> bytes:
    return _encode(rebuild)


def decode(body: bytes) -> Rebuild:
    return _decoder.decode(body)
