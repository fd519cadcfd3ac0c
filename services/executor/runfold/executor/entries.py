"""What the journal's entries hold, as JSON."""

from typing import TypeVar

import msgspec

from runfold.contracts.executor import Assignment, AttemptCondition, AttemptState, StopOrder

T = TypeVar("T")
_OVER = {AttemptState.EXITED, AttemptState.REFUSED, AttemptState.LOST}


class Attempt(msgspec.Struct, omit_defaults=True):
    """One attempt: what was asked for, at which position one was told so, and what became of it."""

    assignment: Assignment
    position: int
    runtime: str  #: which one runs it; "" for none
    condition: AttemptCondition
    stop: StopOrder | None = None
    void: bool = False  #: the log doesn't want it any more: stopped, then dropped
    forgotten_at: int = 0

    @property
    def id(self) -> str:
        return self.assignment.attempt_id

    @property
    def over(self) -> bool:
        """It holds no capacity."""
        return self.condition.state in _OVER


class Mark(msgspec.Struct, omit_defaults=True):
    """Late word of an attempt is not to begin it, until an inventory answer covers `position`."""

    position: int
    stop: bool = False  #: stopped before it was known, and so to be reported as ended when it's told of


def encode(entry: Attempt | Mark | int | str) -> bytes:
    return msgspec.json.encode(entry)


def decode(body: bytes, entry: type[T]) -> T:
    """Raises ValueError when it isn't one."""
    return msgspec.json.decode(body, type=entry)
