"""Counters, gauges and histograms, read as Prometheus text or exported over OTLP; one addition each when used."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import TypeVar

from runfold.bus.delivery import TALLY

Labels = tuple[tuple[str, str], ...]

#: Seconds, from a memory access to a slow image pull.
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Counter:
    """Only ever grows; its name ends in `_total`."""

    kind = "counter"
    name: str
    help: str
    values: dict[Labels, float] = field(default_factory=dict)

    def add(self, amount: float = 1, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        self.values[key] = self.values.get(key, 0) + amount


@dataclass(slots=True)
class Gauge:
    """A value of this moment, set, or read by a function when somebody asks."""

    kind = "gauge"
    name: str
    help: str
    read: Callable[[], float] | None = None
    _values: dict[Labels, float] = field(default_factory=dict)

    def set(self, value: float, **labels: str) -> None:
        self._values[tuple(sorted(labels.items()))] = value

    @property
    def values(self) -> dict[Labels, float]:
        return {(): self.read()} if self.read else self._values


@dataclass(slots=True)
class Distribution:
    """What a histogram knows of one set of labels; the last count is that of the bucket without bound."""

    counts: list[int]
    sum: float = 0.0
    least: float = inf
    most: float = -inf

    @property
    def count(self) -> int:
        return sum(self.counts)


@dataclass(slots=True)
class Histogram:
    """How values are distributed over buckets with these upper bounds."""

    kind = "histogram"
    name: str
    help: str
    bounds: tuple[float, ...] = SECONDS
    values: dict[Labels, Distribution] = field(default_factory=dict)

    def observe(self, value: float, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        if (known := self.values.get(key)) is None:
            known = self.values[key] = Distribution([0] * (len(self.bounds) + 1))
        known.counts[bisect_left(self.bounds, value)] += 1
        known.sum += value
        known.least, known.most = min(known.least, value), max(known.most, value)


Instrument = Counter | Gauge | Histogram
_I = TypeVar("_I", Counter, Gauge, Histogram)


class Metrics:
    """All instruments of a process. Asking twice for a name gives the same instrument."""

    def __init__(self) -> None:
        self._instruments: dict[str, Instrument] = {}

    def counter(self, name: str, text: str, values: dict[Labels, float] | None = None) -> Counter:
        """`values` are those of somebody who counts without knowing of metrics."""
        return self._known(Counter(name, text, {} if values is None else values))

    def gauge(self, name: str, text: str, read: Callable[[], float] | None = None) -> Gauge:
        gauge = self._known(Gauge(name, text))
        gauge.read = read or gauge.read
        return gauge

    def histogram(self, name: str, text: str, bounds: tuple[float, ...] = SECONDS) -> Histogram:
        return self._known(Histogram(name, text, bounds))

    def __iter__(self) -> Iterator[Instrument]:
        return iter(tuple(self._instruments.values()))

    def text(self) -> str:
        """Prometheus text exposition, format 0.0.4."""
        return "".join(_exposition(instrument) for instrument in self)

    def _known(self, new: _I) -> _I:
        known = self._instruments.setdefault(new.name, new)
        if not isinstance(known, type(new)):
            raise ValueError(f"metric {new.name} is a {known.kind}, not a {new.kind}")
        return known


#: The process's own; what is measured in many places is asked of it once, at module level.
METRICS = Metrics()
METRICS.counter(
    "runfold_messages_total",
    "Messages by queue: handled, failed and so handed over again, postponed, or dead letters.",
    TALLY,
)


def _exposition(instrument: Instrument) -> str:
    lines = [
        f"# HELP {instrument.name} {_escaped(instrument.help)}",
        f"# TYPE {instrument.name} {instrument.kind}",
    ]
    if isinstance(instrument, Histogram):
        lines += [
            line
            for labels, value in instrument.values.items()
            for line in _buckets(instrument, labels, value)
        ]
    else:
        lines += [_sample(instrument.name, labels, value) for labels, value in instrument.values.items()]
    return "\n".join(lines) + "\n"


def _buckets(histogram: Histogram, labels: Labels, value: Distribution) -> Iterator[str]:
    below = 0
    for bound, count in zip((*histogram.bounds, "+Inf"), value.counts, strict=True):
        below += count
        yield _sample(f"{histogram.name}_bucket", (*labels, ("le", str(bound))), below)
    yield _sample(f"{histogram.name}_sum", labels, value.sum)
    yield _sample(f"{histogram.name}_count", labels, below)


def _sample(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text, quotes=True)}"' for key, text in labels)
    return f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quotes else text
