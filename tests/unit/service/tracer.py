"""A tracer that keeps what is recorded."""

from dataclasses import dataclass
from typing import Self

from runfold.service.telemetry import Attribute


@dataclass(frozen=True)
class Recorded:
    name: str
    parent: str | None
    start: int
    end: int
    attributes: dict[str, Attribute]


class RecordingTracer:
    def __init__(self) -> None:
        self.recorded: list[Recorded] = []

    def span(self, name: str, parent: str | None, attributes: dict[str, Attribute]) -> "PassedSpan":
        return PassedSpan(parent)

    def record(
        self, name: str, parent: str | None, start: int, end: int, attributes: dict[str, Attribute]
    ) -> None:
        self.recorded.append(Recorded(name, parent, start, end, attributes))


class PassedSpan:
    """Nothing that the tests ask for."""

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def set(self, **attributes: Attribute) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None: ...
