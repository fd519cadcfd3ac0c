"""Structured logs to standard error: JSON for machines, lines for people; secrets never, whoever logs them."""

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import IO, Any, BinaryIO, Literal, cast

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger, Processor

Format = Literal["auto", "json", "console"]
_MASK = "***"
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

#: What `bound` says; one variable, since structlog's own, one for each key, cost ten times as much.
_bound: ContextVar[Mapping[str, object]] = ContextVar("bound", default=MappingProxyType({}))

_SECRET_KEY = re.compile(
    r"(password|passwd|secret|token|authorization|cookie|(master|private|api)_?key)s?$", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(\w://[^/\s:@]*):[^/\s@]+@")


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose lines carry `name`; cheap enough for module level, before `configure`."""
    return cast(FilteringBoundLogger, structlog.get_logger(name))


@contextmanager
def bound(
    *, correlation_id: str | None = None, traceparent: str | None = None, **more: object
) -> Iterator[None]:
    """Lines logged within carry these, across awaits and in tasks begun within."""
    if correlation_id:
        more["correlation_id"] = correlation_id
    if traceparent:
        more["trace_id"] = traceparent[3:35]
    token = _bound.set({**_bound.get(), **more})
    try:
        yield
    finally:
        _bound.reset(token)


def configure(
    service: str, *, level: str = "info", form: Format = "auto", to: IO[bytes] | None = None
) -> None:
    """Once a process. `to` is standard error where it isn't given; lines of other libraries come through as well."""
    stream = _Sink(to or sys.stderr.buffer)
    as_json = form == "json" or (form == "auto" and not stream.isatty())
    structlog.configure(
        processors=[*_shared(service), _json if as_json else _console(stream.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(cast("BinaryIO", stream)),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        handlers=[_Forward()], level=logging.INFO if level == "debug" else logging.WARNING, force=True
    )


def redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: masks values under secret-sounding names, and passwords in URLs."""
    for key, value in event.items():
        event[key] = _redacted(key, value)
    return event


def _shared(service: str) -> list[Processor]:
    def add_names(logger: Any, _: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        event["logger"] = logger.name
        return event

    return [
        _merge_bound,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_names,
        structlog.processors.format_exc_info,
        redact,
    ]


def _merge_bound(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in _bound.get().items():
        event.setdefault(key, value)
    return event


def _json(_: object, __: str, event: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


def _console(colors: bool) -> Processor:
    render = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)

    def encode(logger: Any, name: str, event: MutableMapping[str, Any]) -> bytes:
        return render(logger, name, event).encode(errors="backslashreplace")

    return encode


def _redacted(key: str, value: Any) -> Any:
    if _is_secret(key):
        return _MASK
    if isinstance(value, str):
        return _URL_PASSWORD.sub(rf"\1:{_MASK}@", value) if "://" in value else value
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="backslashreplace")
    if isinstance(value, Mapping):
        return {str(k): _redacted(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", item) for item in value]
    return value


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


class _Sink:
    """A full disk or a closed pipe costs log lines, never the work that is logged; how many is said afterwards."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lost = 0

    def isatty(self) -> bool:
        return self._stream.isatty()

    def write(self, line: bytes) -> None:
        try:
            if self._lost:
                self._stream.write(b"(about %d log lines were lost here)\n" % self._lost)
                self._lost = 0
            self._stream.write(line)
        except (OSError, ValueError):
            self._lost += 1

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._lost += 1


class _Forward(logging.Handler):
    """Lines of libraries that use the standard library's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(
            max(10, min(record.levelno, 50)) // 10 * 10, record.getMessage(), exc_info=record.exc_info or None
        )
