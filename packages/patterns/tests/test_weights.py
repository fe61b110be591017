"""Weights: derived from counts alone, between the prior and what was seen, with intervals that keep their word."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns.weights import LEAST, MOST, estimate, quantile

COUNTS = st.integers(0, 5_000)
SHARES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("probability", "successes", "failures", "expected"),
    [
        (0.5, 1, 1, 0.5),
        (0.975, 1, 1, 0.975),
        # Beta(n, 1) is a power, Beta(1, n) one minus it.
        (0.025, 12, 1, 0.025 ** (1 / 12)),
        (0.975, 1, 12, 1 - 0.025 ** (1 / 12)),
        # Beta(1/2, 1/2) is the arcsine.
        (0.25, 0.5, 0.5, 0.1464466094),
        # A sum of binomials: P(Beta(2, 3) < x) = 6x² - 8x³ + 3x⁴, solved for x.
        (0.6875, 2, 3, 0.5),
        # Far out, where the fraction is long: nearly normal.
        (0.975, 50_000, 50_000, 0.5 + 1.959964 * 0.5 / 100_001**0.5),
    ],
)
def test_quantiles(probability: float, successes: float, failures: float, expected: float) -> None:
    assert quantile(probability, successes, failures) == pytest.approx(expected, abs=1e-7)


@given(SHARES, st.floats(0.5, 100), COUNTS, COUNTS)
def test_an_estimate_stays_within_its_interval_and_its_interval_within_bounds(
    prior: float, strength: float, hits: int, misses: int
) -> None:
    found = estimate(prior, strength, hits, misses)
    assert LEAST <= found.mean <= MOST
    assert 0 <= found.low < found.high <= 1
    assert found.low <= found.mean <= found.high


@given(SHARES, st.floats(0.5, 100), st.lists(st.booleans(), max_size=200))
def test_each_hit_raises_and_each_miss_lowers(prior: float, strength: float, verdicts: list[bool]) -> None:
    counts = [(sum(verdicts[:n]), n - sum(verdicts[:n])) for n in range(len(verdicts) + 1)]
    means = [estimate(prior, strength, *both).mean for both in counts]
    for hit, (before, after) in zip(verdicts, pairwise(means), strict=True):
        assert after >= before if hit else after <= before


def test_without_evidence_the_prior_stands_and_with_much_it_is_forgotten() -> None:
    assert estimate(0.9, 10, 0, 0).mean == pytest.approx(0.9)
    assert estimate(0.9, 10, 300, 700).mean == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("truth", [0.3, 0.7, 0.9, 0.97])
def test_intervals_hold_the_truth_as_often_as_they_say(truth: float) -> None:
    counts = range(401)
    chances = [math.comb(400, hits) * truth**hits * (1 - truth) ** (400 - hits) for hits in counts]
    found = [estimate(0.9, 10, hits, 400 - hits) for hits in counts]
    held = sum(chance for chance, it in zip(chances, found, strict=True) if it.low <= truth <= it.high)
    near = sum(chance for chance, it in zip(chances, found, strict=True) if abs(it.mean - truth) <= 0.05)
    assert 0.93 <= held <= 0.97
    assert near >= 0.9


def test_counts_are_no_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="not negative"):
        estimate(0.5, 10, -1, 0)
