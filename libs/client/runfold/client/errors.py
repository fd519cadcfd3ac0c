"""What can go wrong with a call: a small tree, whose texts say what to do."""

from collections.abc import Sequence


class RunfoldError(Exception):
    """Base of all that the SDK raises."""


class NotConfigured(RunfoldError):
    """Nothing says where the server is, or who asks."""


class Unreachable(RunfoldError):
    """No answer came, however often it was asked."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer: {reason}; RUNFOLD_URL says where it is")
        self.url, self.reason = url, reason


class NotUnderstood(RunfoldError):
    """An answer came that isn't Runfold's."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url} answers what isn't understood ({why}): is it Runfold?")
        self.url = url


class Refused(RunfoldError):
    """The server answered no; `code` is dstack's, such as `resource_exists`, where it gives one."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class Denied(Refused):
    """The token isn't known, or may not do this."""


class NotFound(Refused):
    """There is no such thing, or none that the token may see."""


class Exists(Refused):
    """The name is taken."""


class Malformed(Refused):
    """The server can't make sense of the body; `problems` name what is wrong where."""

    def __init__(self, status: int, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(status, message)
        self.problems = tuple(problems)


class Busy(Refused):
    """Not now, and still not after some patience."""
