"""Without a collector a trace is handed on and nothing else happens; with one it is exported."""

import threading
from collections.abc import Iterator

import pytest

from runfold.bus.trace import continued, inject
from runfold.service import telemetry
from runfold.service.adapters.otlp import Exporter
from runfold.service.metrics import METRICS
from tests.servers.collector import Collector

PARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.stop()


def test_without_a_collector_there_is_no_trace() -> None:
    with telemetry.span("request") as span:
        assert span.traceparent is None
        assert telemetry.current_traceparent() is None


def test_without_a_collector_a_trace_that_came_is_handed_on() -> None:
    with telemetry.span("request", traceparent=PARENT), telemetry.span("append") as inner:
        assert inner.traceparent == PARENT
        assert telemetry.current_traceparent() == PARENT
    assert telemetry.current_traceparent() is None


def test_with_a_collector_spans_of_one_trace_arrive_linked(collector: Collector) -> None:
    exporter = Exporter("gateway", collector.url)
    telemetry.use(exporter.tracer)
    with (
        telemetry.span("request", traceparent=PARENT, run="r1") as request,
        telemetry.span("append") as append,
    ):
        telemetry.record("attempt", traceparent=append.traceparent, start=1_000_000, end=3_000_000)
    exporter.stop()
    spans = {name: seen.span for name, seen in collector.spans().items()}
    assert {span.trace_id.hex() for span in spans.values()} == {"a" * 32}
    assert spans["request"].parent_span_id.hex() == "b" * 16
    assert spans["append"].parent_span_id == spans["request"].span_id
    assert spans["attempt"].parent_span_id == spans["append"].span_id
    assert spans["attempt"].end_time_unix_nano - spans["attempt"].start_time_unix_nano == 2_000_000_000
    assert request.traceparent == f"00-{'a' * 32}-{spans['request'].span_id.hex()}-01"


def test_a_span_while_a_message_is_handled_continues_the_messages_trace(collector: Collector) -> None:
    exporter = Exporter("log", collector.url)
    telemetry.use(exporter.tracer)
    with continued({"traceparent": PARENT}), telemetry.span("store facts"):
        sent = inject({})
    exporter.stop()
    span = collector.spans()["store facts"].span
    assert span.parent_span_id.hex() == "b" * 16
    assert sent["traceparent"] == f"00-{'a' * 32}-{span.span_id.hex()}-01"


def test_what_is_already_over_and_belongs_to_no_trace_is_no_span(collector: Collector) -> None:
    exporter = Exporter("executor", collector.url)
    telemetry.use(exporter.tracer)
    telemetry.record("attempt", traceparent=None, start=1_000_000, end=3_000_000)
    exporter.stop()
    assert collector.all_spans() == []


def test_an_error_that_leaves_a_span_marks_it_and_goes_on(collector: Collector) -> None:
    exporter = Exporter("gateway", collector.url)
    telemetry.use(exporter.tracer)
    with pytest.raises(ValueError, match="torn"), telemetry.span("request"):
        raise ValueError("torn")
    exporter.stop()
    assert collector.spans()["request"].span.status.message == "ValueError: torn"


@pytest.mark.parametrize(
    "traceparent", ["", "nonsense", f"00-{'0' * 32}-{'b' * 16}-01", f"00-{'x' * 32}-{'b' * 16}-01"]
)
def test_a_malformed_traceparent_begins_a_trace_of_its_own(collector: Collector, traceparent: str) -> None:
    exporter = Exporter("gateway", collector.url)
    telemetry.use(exporter.tracer)
    with telemetry.span("request", traceparent=traceparent):
        pass
    exporter.stop()
    assert collector.spans()["request"].span.parent_span_id == b""


def test_metrics_arrive_as_counters_gauges_and_histograms(collector: Collector) -> None:
    METRICS.counter("test_appends_total", "Appends.").add(3, service="gateway")
    METRICS.gauge("test_head", "Head.").set(7)
    METRICS.histogram("test_seconds", "Time.", (0.1, 1.0)).observe(0.5)
    Exporter("gateway", collector.url).stop()
    metrics = collector.metrics()
    assert metrics["test_appends_total"].sum.data_points[0].as_double == 3
    assert metrics["test_head"].gauge.data_points[0].as_double == 7
    histogram = metrics["test_seconds"].histogram.data_points[0]
    assert (list(histogram.bucket_counts), histogram.sum, histogram.min) == ([0, 1, 0], 0.5, 0.5)


def test_a_collector_that_is_away_ends_nothing() -> None:
    exporter = Exporter("gateway", "http://127.0.0.1:9")
    telemetry.use(exporter.tracer)
    with telemetry.span("request"):
        pass
    exporter.stop()
    with telemetry.span("request") as after:
        assert after.traceparent is None


def test_a_gauge_that_cannot_be_read_once_does_not_end_the_export(collector: Collector) -> None:
    tried = threading.Event()

    def broken() -> float:
        tried.set()
        raise ValueError("a fault of ours")

    gauge = METRICS.gauge("test_broken", "Broken.", broken)
    try:
        exporter = Exporter("gateway", collector.url, metrics_every=0.01)
        assert tried.wait(60)
    finally:
        gauge.read = lambda: 5.0
    exporter.stop()
    assert collector.metrics()["test_broken"].gauge.data_points[0].as_double == 5
