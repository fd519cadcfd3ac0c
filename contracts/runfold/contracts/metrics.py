"""What running attempts use of their host: samples from executors to the log service, never events."""

from typing import Annotated

import msgspec

#: Any database's integer holds it.
_Amount = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]

#: Samples in one message at most.
MOST_SAMPLES = 10_000


class Sample(msgspec.Struct, frozen=True):
    """One attempt at one `time` (microseconds). `cpu_micros` is all it used so far, and never falls; `cpus` and
    `memory_total_bytes` are what its host has."""

    attempt_id: _Name
    time: _Amount
    cpu_micros: _Amount
    memory_bytes: _Amount
    memory_working_set_bytes: _Amount
    cpus: _Amount
    memory_total_bytes: _Amount


_encode = msgspec.json.Encoder().encode
_Samples = Annotated[tuple[Sample, ...], msgspec.Meta(max_length=MOST_SAMPLES)]
_samples: msgspec.json.Decoder[tuple[Sample, ...]] = msgspec.json.Decoder(_Samples)


def encode_samples(samples: tuple[Sample, ...]) -> bytes:
    return _encode(samples)


def decode_samples(body: bytes) -> tuple[Sample, ...]:
    """Raises ValueError when these are none, or too many."""
    return _samples.decode(body)
