"""A run's whole state as bytes, for where it lies once it has left memory.

As JSON, since the log is JSON too: whatever came out of an event goes into a row, integers of any size included.
"""

import msgspec

from runfold.domain.run.state import Run

#: Counted up with each change of a run's, job's or attempt's fields that older bytes can't be read with: then all rows
#: are made anew from the log. A field with a default may be added, but older bytes have that default in it.
VERSION = 2

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Run)


def encode(run: Run) -> bytes:
    return _encode(run)


def decode(state: bytes) -> Run:
    return _decoder.decode(state)
