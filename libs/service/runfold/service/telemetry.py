"""One trace from the REST call to the container's end; free where no collector is named.

A trace travels as a W3C traceparent: in envelopes, assignments and message headers. OpenTelemetry is imported only
where spans are exported; elsewhere a span hands the traceparent it got on to what it encloses, and costs a function
call.
"""

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Protocol, Self

from runfold.service.settings import SettingsError

Attribute = str | int | float | bool


class Span(Protocol):
    """A stretch of work, from `with` to its end; an exception that leaves it marks it failed."""

    @property
    def traceparent(self) -> str | None:
        """What others name as their parent; None where there is no trace."""

    def set(self, **attributes: Attribute) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *failure: object) -> None: ...


class Tracer(Protocol):
    """Makes spans; what `use` installs."""

    def span(self, name: str, parent: str | None, attributes: dict[str, Attribute]) -> Span: ...

    def record(
        self, name: str, parent: str | None, start: int, end: int, attributes: dict[str, Attribute]
    ) -> None: ...


def span(name: str, *, traceparent: str | None = None, **attributes: Attribute) -> Span:
    """A span below `traceparent`, or below the one this is called in."""
    return _tracer.span(name, traceparent or _current.get(), attributes)


def record(name: str, *, traceparent: str | None, start: int, end: int, **attributes: Attribute) -> None:
    """A span that is already over, from `start` to `end` in microseconds; a process may have died since it began.

    Nothing where there is no trace: alone it would say nothing.
    """
    if (parent := traceparent or _current.get()) is not None:
        _tracer.record(name, parent, start, end, attributes)


def exporting() -> bool:
    """Whether a span goes anywhere: what only serves spans needn't be computed otherwise."""
    return not isinstance(_tracer, _PassOn)


def current_traceparent() -> str | None:
    """Of the innermost span around this call, for what is sent from here."""
    return _current.get()


def enter(traceparent: str | None) -> Token[str | None]:
    """For tracers: what is called from now on in this context lies below `traceparent`."""
    return _current.set(traceparent)


def leave(token: Token[str | None]) -> None:
    _current.reset(token)


def use(tracer: Tracer | None) -> None:
    """Installs the process's tracer; None is the one that exports nothing."""
    global _tracer
    _tracer = tracer or _PassOn()


def configure(service: str, endpoint: str | None) -> Callable[[], None]:
    """Exports spans and metrics to the OTLP/HTTP collector at base URL `endpoint`; what it returns ends that, in a
    thread of its own for at most three seconds."""
    if endpoint is None:
        return lambda: None
    try:
        from runfold.service.adapters.otlp import Exporter
    except ImportError as error:
        raise SettingsError(f"RUNFOLD_OTLP_ENDPOINT is set, but {error.name} is not installed") from error
    exporter = Exporter(service, endpoint)
    use(exporter.tracer)
    return exporter.stop


class _Passed:
    __slots__ = ("_token", "traceparent")

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def set(self, **attributes: Attribute) -> None:
        pass

    def __enter__(self) -> Self:
        self._token = _current.set(self.traceparent)
        return self

    def __exit__(self, *failure: object) -> None:
        _current.reset(self._token)


class _PassOn:
    def span(self, name: str, parent: str | None, attributes: dict[str, Attribute]) -> Span:
        return _Passed(parent)

    def record(
        self, name: str, parent: str | None, start: int, end: int, attributes: dict[str, Attribute]
    ) -> None:
        pass


_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_tracer: Tracer = _PassOn()
