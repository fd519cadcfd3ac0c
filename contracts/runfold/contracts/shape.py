"""What the classes of a contract are made of, read from their annotations."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints

from runfold.contracts.values import Ciphertext

#: Event type -> fields that outsiders don't get, besides every ciphertext: an error's text may quote anything, and the
#: hash of a weak token could be guessed.
PRIVATE_FIELDS: dict[str, frozenset[str]] = {
    "EventParked": frozenset({"error"}),
    "TokenIssued": frozenset({"sha256"}),
}


def parts(hint: Any) -> Iterator[type[Any]]:
    """Every dataclass that an annotation reaches, itself included; one may come twice."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
        for inner in get_type_hints(hint).values():
            yield from parts(inner)
    for argument in get_args(hint):
        yield from parts(argument)


def is_public(cls: type[Any]) -> bool:
    """Whether outsiders get an event of `cls` as it is in the log."""
    return cls.__name__ not in PRIVATE_FIELDS and Ciphertext not in parts(cls)
