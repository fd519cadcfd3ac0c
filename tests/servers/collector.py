"""A collector for one test: keeps the spans and metrics that are sent to it by OTLP over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Seen:
    """A span and the service that sent it."""

    service: str
    span: Span

    @property
    def trace(self) -> str:
        return self.span.trace_id.hex()

    @property
    def attributes(self) -> dict[str, Any]:
        return {
            pair.key: getattr(pair.value, str(pair.value.WhichOneof("value")))
            for pair in self.span.attributes
        }


class Collector:
    """Listens from its making until `stop`; collections are read by name, the last one of a name wins."""

    def __init__(self) -> None:
        self._bodies: list[tuple[str, bytes]] = []
        self._news = Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._take))
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spans(self) -> dict[str, Seen]:
        return {seen.span.name: seen for seen in self.all_spans()}

    def all_spans(self) -> list[Seen]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self._sent("/v1/traces")]
        return [
            Seen(_service(resource.resource), span)
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def metrics(self) -> dict[str, Metric]:
        requests = [ExportMetricsServiceRequest.FromString(body) for body in self._sent("/v1/metrics")]
        return {
            metric.name: metric
            for request in requests
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def trace(self, trace_id: str, *names: str, within: float = 60.0) -> dict[str, Seen]:
        """The spans of one trace by name, once all of `names` have come; an AssertionError when they don't."""

        def came() -> dict[str, Seen] | None:
            spans = {seen.span.name: seen for seen in self.all_spans() if seen.trace == trace_id}
            return spans if spans.keys() >= {*names} else None

        with self._news:
            spans = self._news.wait_for(came, within)
        here = sorted({(seen.trace, seen.span.name) for seen in self.all_spans()})
        assert spans is not None, f"of {names}, only these came: {here}"
        return spans

    def _take(self, path: str, body: bytes) -> None:
        with self._news:
            self._bodies.append((path, body))
            self._news.notify_all()

    def _sent(self, path: str) -> list[bytes]:
        return [body for to, body in self._bodies if to == path]


def _service(resource: Resource) -> str:
    return next(str(a.value.string_value) for a in resource.attributes if a.key == "service.name")


def _handler(take: Callable[[str, bytes], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
