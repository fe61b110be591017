"""Counts of what happens with every request: plain numbers, which the event loop alone moves and Prometheus reads.

Prometheus' own counters take a lock for each step; what happens once a batch or less often uses those.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Tally:
    """One count: whoever counts adds to `value`."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Tallies(Collector):
    """Counts by labels, a counter to Prometheus."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str], registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._told: Final = (name, documentation)
        self._labels: Final = tuple(labels)
        self._kept: dict[tuple[str, ...], Tally] = {}
        registry.register(self)

    def labels(self, *values: str) -> Tally:
        """Return the count with these labels."""
        return self._kept.setdefault(values, Tally())

    def describe(self) -> Iterator[CounterMetricFamily]:
        """Yield the counter without figures."""
        yield CounterMetricFamily(*self._told, labels=self._labels)

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counter."""
        family = CounterMetricFamily(*self._told, labels=self._labels)
        for values, tally in tuple(self._kept.items()):
            family.add_metric(values, tally.value)
        yield family


class Spread:
    """How measured values spread over buckets, whose upper bounds are `bounds`."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Spreads(Collector):
    """Spreads by labels, a histogram to Prometheus."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        *,
        buckets: Sequence[float],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._told: Final = (name, documentation)
        self._labels: Final = tuple(labels)
        self._bounds: Final = tuple(buckets)
        self._shown: Final = (*map(floatToGoString, buckets), "+Inf")
        self._kept: dict[tuple[str, ...], Spread] = {}
        registry.register(self)

    def labels(self, *values: str) -> Spread:
        """Return the spread with these labels."""
        return self._kept.setdefault(values, Spread(self._bounds))

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram without figures."""
        yield HistogramMetricFamily(*self._told, labels=self._labels)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram."""
        family = HistogramMetricFamily(*self._told, labels=self._labels)
        for values, spread in tuple(self._kept.items()):
            counts = tuple(spread.counts)
            family.add_metric(values, list(zip(self._shown, accumulate(counts), strict=True)), spread.total)
        yield family
