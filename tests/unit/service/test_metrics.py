"""What is counted reads as Prometheus text."""

import pytest

from runfold.service.metrics import Metrics


def test_counters_gauges_and_histograms_as_prometheus_text() -> None:
    metrics = Metrics()
    metrics.counter("appends_total", "Appends accepted.").add(2, service="gateway")
    metrics.gauge("head", "Last commit.", lambda: 41).set(0)
    latency = metrics.histogram("append_seconds", "Time to durable.", (0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 3.0):
        latency.observe(seconds)
    assert metrics.text().splitlines() == [
        "# HELP appends_total Appends accepted.",
        "# TYPE appends_total counter",
        'appends_total{service="gateway"} 2',
        "# HELP head Last commit.",
        "# TYPE head gauge",
        "head 41",
        "# HELP append_seconds Time to durable.",
        "# TYPE append_seconds histogram",
        'append_seconds_bucket{le="0.1"} 2',
        'append_seconds_bucket{le="1.0"} 3',
        'append_seconds_bucket{le="+Inf"} 4',
        "append_seconds_sum 3.65",
        "append_seconds_count 4",
    ]


def test_the_order_of_labels_makes_no_difference() -> None:
    counter = Metrics().counter("c_total", "")
    counter.add(a="1", b="2")
    counter.add(b="2", a="1")
    assert list(counter.values.values()) == [2]


def test_a_label_with_quotes_and_line_ends_is_escaped() -> None:
    metrics = Metrics()
    metrics.counter("c_total", "a\nb").add(why='say "no"\\\n')
    assert 'c_total{why="say \\"no\\"\\\\\\n"} 1' in metrics.text()
    assert "# HELP c_total a\\nb\n" in metrics.text()


def test_asking_twice_gives_the_same_instrument() -> None:
    metrics = Metrics()
    assert metrics.counter("c_total", "") is metrics.counter("c_total", "")


def test_a_name_cannot_be_two_kinds() -> None:
    metrics = Metrics()
    metrics.counter("c_total", "")
    with pytest.raises(ValueError, match="c_total is a counter, not a gauge"):
        metrics.gauge("c_total", "")
