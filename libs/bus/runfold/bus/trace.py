"""The W3C trace context of messages: in through their headers, out through their headers."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from runfold.bus.port import Headers

_FIELDS = ("traceparent", "tracestate")
_propagator = TraceContextTextMapPropagator()


def inject(headers: Headers) -> Headers:
    """`headers` with the current span in `traceparent`; as they are without a span, or when they name one already."""
    if "traceparent" in headers or not get_current_span().get_span_context().is_valid:
        return headers
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return {**headers, **carrier}


def extract(headers: Headers) -> context.Context:
    """A context in the trace that `headers` name, or an empty one."""
    carrier = {name: str(headers[name]) for name in _FIELDS if name in headers}
    return _propagator.extract(carrier, context=context.Context())


@contextmanager
def continued(headers: Headers) -> Iterator[None]:
    """Spans begun inside continue the trace that `headers` name."""
    token = context.attach(extract(headers))
    try:
        yield
    finally:
        context.detach(token)
