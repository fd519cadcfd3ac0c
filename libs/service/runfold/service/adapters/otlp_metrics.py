"""The process's metrics as OpenTelemetry's data model."""

from collections.abc import Iterator

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from runfold.service import metrics as ours

_CUMULATIVE = AggregationTemporality.CUMULATIVE


def metrics_data(metrics: ours.Metrics, resource: Resource, start: int, now: int) -> MetricsData:
    """All values at `now`, cumulative since `start`, both in nanoseconds."""
    converted = [
        Metric(instrument.name, instrument.help, "", _data(instrument, start, now)) for instrument in metrics
    ]
    scope = ScopeMetrics(InstrumentationScope("runfold"), converted, "")
    return MetricsData([ResourceMetrics(resource, [scope], "")])


def _data(instrument: ours.Instrument, start: int, now: int) -> Sum | Gauge | Histogram:
    match instrument:
        case ours.Counter():
            return Sum(list(_numbers(instrument.values, start, now)), _CUMULATIVE, True)
        case ours.Gauge():
            return Gauge(list(_numbers(instrument.values, start, now)))
        case ours.Histogram():
            return Histogram(list(_distributions(instrument, start, now)), _CUMULATIVE)


# The event loop's thread goes on counting meanwhile: tuple() takes all values at once.
def _numbers(values: dict[ours.Labels, float], start: int, now: int) -> Iterator[NumberDataPoint]:
    for labels, value in tuple(values.items()):
        yield NumberDataPoint(dict(labels), start, now, float(value))


def _distributions(histogram: ours.Histogram, start: int, now: int) -> Iterator[HistogramDataPoint]:
    for labels, value in tuple(histogram.values.items()):
        counts = tuple(value.counts)
        yield HistogramDataPoint(
            dict(labels),
            start,
            now,
            sum(counts),
            value.sum,
            counts,
            histogram.bounds,
            value.least,
            value.most,
        )
