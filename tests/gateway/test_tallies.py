"""Counts of the event loop as Prometheus reads them."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from gateway.tallies import Spreads, Tallies

_BUCKETS = (0.001, 0.5, 1, 30)


def _without_created(registry: CollectorRegistry) -> list[str]:
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


def test_a_counter_reads_as_prometheus_own() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tallies = Tallies("requests", "Requests answered", ("subject", "outcome"), ours)
    counter = Counter("requests", "Requests answered", ("subject", "outcome"), registry=theirs)
    for subject, outcome, times in (("a", "found", 3), ("a", 'odd"one', 1), ("b", "found", 0)):
        counter.labels(subject, outcome).inc(times)
        tally = tallies.labels(subject, outcome)
        for _ in range(times):
            tally.value += 1
    assert _without_created(ours) == _without_created(theirs)
    assert 'requests_total{outcome="found",subject="a"} 3.0' in _without_created(ours)


def test_a_histogram_reads_as_prometheus_own() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    spreads = Spreads("seconds", "From receipt to reply", ("subject",), buckets=_BUCKETS, registry=ours)
    histogram = Histogram("seconds", "From receipt to reply", ("subject",), buckets=_BUCKETS, registry=theirs)
    for subject, value in (("a", 0.0), ("a", 0.001), ("a", 0.0011), ("b", 0.7), ("b", 30), ("b", 31), ("b", 1e9)):
        spreads.labels(subject).observe(value)
        histogram.labels(subject).observe(value)
    assert _without_created(ours) == _without_created(theirs)


def test_labels_name_one_count() -> None:
    tallies = Tallies("requests", "Requests answered", ("subject",), CollectorRegistry())
    assert tallies.labels("a") is tallies.labels("a") is not tallies.labels("b")
