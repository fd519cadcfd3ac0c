"""The base of all answers."""

import msgspec


class Model(msgspec.Struct, frozen=True):
    """Immutable."""
