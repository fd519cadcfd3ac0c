"""What a pass of a service decides."""

from dataclasses import dataclass

from runfold.contracts.registry import Event


@dataclass(frozen=True, slots=True)
class Decision:
    """Events, and the streams that must not have been touched since the cell was read."""

    events: tuple[Event, ...]
    expect: tuple[str, ...]
