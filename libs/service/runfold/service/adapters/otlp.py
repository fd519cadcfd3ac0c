"""Spans and metrics to an OpenTelemetry collector, by OTLP over HTTP."""

import threading
from typing import Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags

from runfold.service import telemetry
from runfold.service.adapters.otlp_metrics import metrics_data
from runfold.service.logging import get_logger
from runfold.service.metrics import METRICS
from runfold.service.system import SystemClock

_log = get_logger("runfold.telemetry")

_TIMEOUT = 3.0
_METRICS_EVERY = 15.0


class Exporter:
    """Exports from threads of its own, so that a slow collector delays nothing; what it can't take is dropped."""

    def __init__(self, service: str, endpoint: str, metrics_every: float = _METRICS_EVERY) -> None:
        base = endpoint.rstrip("/")
        self._resource = Resource.create({"service.name": f"runfold-{service}"})
        self._provider = TracerProvider(resource=self._resource, shutdown_on_exit=False)
        self._provider.add_span_processor(
            BatchSpanProcessor(
                OTLPSpanExporter(f"{base}/v1/traces", timeout=_TIMEOUT), schedule_delay_millis=1000
            )
        )
        self.tracer = OtlpTracer(self._provider.get_tracer("runfold"))
        self._metrics = OTLPMetricExporter(f"{base}/v1/metrics", timeout=_TIMEOUT)
        self._began = SystemClock().now()
        self._every = metrics_every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._export_metrics, name="runfold-metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sends what is left, for at most three seconds."""
        telemetry.use(None)
        self._stopping.set()
        # A daemon: the process's end doesn't wait for a collector that doesn't answer.
        spans = threading.Thread(target=self._provider.shutdown, name="runfold-spans-end", daemon=True)
        spans.start()
        spans.join(_TIMEOUT)
        self._thread.join(0.5)

    def _export_metrics(self) -> None:
        last = False
        while not last:
            last = self._stopping.wait(self._every)
            try:
                data = metrics_data(METRICS, self._resource, self._began * 1000, SystemClock().now() * 1000)
                self._metrics.export(data, timeout_millis=_TIMEOUT * 1000)
            except Exception:
                # One value that can't be read, a gauge's for one, doesn't end the export of all for good.
                _log.exception("metrics not exported")


class OtlpTracer:
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def span(self, name: str, parent: str | None, attributes: dict[str, telemetry.Attribute]) -> "OtlpSpan":
        return OtlpSpan(self._tracer.start_span(name, context=_context(parent), attributes=attributes))

    def record(
        self, name: str, parent: str | None, start: int, end: int, attributes: dict[str, telemetry.Attribute]
    ) -> None:
        done = self._tracer.start_span(
            name, context=_context(parent), attributes=attributes, start_time=start * 1000
        )
        done.end(end * 1000)


class OtlpSpan:
    """Current both here and in OpenTelemetry's own context, so that the bus's headers name it too."""

    def __init__(self, inner: trace.Span) -> None:
        self._span = inner
        about = inner.get_span_context()
        self.traceparent: str | None = (
            f"00-{about.trace_id:032x}-{about.span_id:016x}-{about.trace_flags:02x}"
        )

    def set(self, **attributes: telemetry.Attribute) -> None:
        self._span.set_attributes(attributes)

    def __enter__(self) -> Self:
        self._entered = telemetry.enter(self.traceparent)
        self._attached = otel_context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(self, *failure: object) -> None:
        error = failure[1] if len(failure) > 1 else None
        if isinstance(error, Exception):
            self._span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
        self._span.end()
        otel_context.detach(self._attached)
        telemetry.leave(self._entered)


def _context(traceparent: str | None) -> otel_context.Context:
    """OpenTelemetry's own, which the bus sets, where there is no `traceparent`; a new trace where it's malformed."""
    if traceparent is None:
        return otel_context.get_current()
    empty = otel_context.Context()
    parts = traceparent.split("-")
    if [len(part) for part in parts] != [2, 32, 16, 2]:
        return empty
    try:
        about = SpanContext(int(parts[1], 16), int(parts[2], 16), True, TraceFlags(int(parts[3], 16)))
    except ValueError:
        return empty
    return trace.set_span_in_context(NonRecordingSpan(about), empty) if about.is_valid else empty
