"""What a decider says when it refuses a command. Dialects translate these into their own error shapes."""


class DomainError(Exception):
    """Base: a command that can't be carried out; nothing changed."""


class NotFound(DomainError):
    """The thing the command names doesn't exist (or may not be seen)."""


class AlreadyExists(DomainError):
    """The name is taken."""


class Invalid(DomainError):
    """The command itself is malformed; `field` says where."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class StillActive(DomainError):
    """It would have to be finished first."""


class Denied(DomainError):
    """The actor lacks the permission."""
