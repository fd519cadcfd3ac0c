"""Time and identity as ports, so that a simulation can own both."""

from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Wall time in microseconds since 1970-01-01 UTC."""


class Ids(Protocol):
    def uuid7(self) -> str:
        """Time-ordered id, for events and appends."""

    def uuid4(self) -> str:
        """Random id, for runs, jobs, attempts, fleets, users and projects (dstack's client insists on version 4)."""

    def token(self) -> str:
        """256 random bits as text, for tokens."""
