"""How much an indicator weighs: P(pattern | it fired), from what was said of the codebases where it fired.

Owns the estimate alone: a Beta prior around what the indicator's source says, and what was seen. Which codebases count
is the caller's to say; `standing` does the same for whole patterns.
"""

import math
from typing import Final

from msgspec import Struct

#: Weights stay away from the ends, where nothing could ever move them again.
LEAST: Final = 0.01
MOST: Final = 0.99
#: What is left out of an interval, on both sides together.
OUTSIDE: Final = 0.05
#: What both counts begin with where nothing is presumed.
_IGNORANCE: Final = 0.5
_STEPS: Final = 60
_MOST_TERMS: Final = 300
_TINY: Final = 1e-300
_CLOSE: Final = 1e-12


class Weight(Struct, frozen=True, gc=False):
    """An estimated weight, and the interval that holds the true one in 95 of 100 cases."""

    mean: float
    low: float
    high: float


def estimate(prior_mean: float, strength: float, hits: int, misses: int) -> Weight:
    """Return the weight after `hits` codebases that have the pattern and `misses` that don't.

    The prior weighs as much as `strength` codebases: the mean is the Beta posterior's. The interval is what the counts
    say alone (Jeffreys), so that a prior far off does not make it wrong; it always holds the mean. A function of the
    counts, whatever order they came in, and it falls as well as rises. Raises ValueError for counts below 0.
    """
    if hits < 0 or misses < 0 or strength <= 0:
        raise ValueError("counts are not negative, and a prior weighs something")
    prior = min(MOST, max(LEAST, prior_mean))
    mean = min(MOST, max(LEAST, (prior * strength + hits) / (strength + hits + misses)))
    return Weight(
        mean=mean,
        low=min(mean, quantile(OUTSIDE / 2, hits + _IGNORANCE, misses + _IGNORANCE)),
        high=max(mean, quantile(1 - OUTSIDE / 2, hits + _IGNORANCE, misses + _IGNORANCE)),
    )


def quantile(probability: float, successes: float, failures: float) -> float:
    """Return below which value a Beta variable stays with this probability, to about nine digits."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _share_below(middle, successes, failures) < probability:
            low = middle
        else:
            high = middle
        if high - low < 1e-10:
            break
    return (low + high) / 2


def _share_below(value: float, successes: float, failures: float) -> float:
    """Return the regularised incomplete beta function, by the side where its continued fraction is short."""
    if value <= 0 or value >= 1:
        return 0.0 if value <= 0 else 1.0
    front = math.exp(
        math.lgamma(successes + failures)
        - math.lgamma(successes)
        - math.lgamma(failures)
        + successes * math.log(value)
        + failures * math.log1p(-value)
    )
    if value < (successes + 1) / (successes + failures + 2):
        return front * _fraction(value, successes, failures) / successes
    return 1.0 - front * _fraction(1 - value, failures, successes) / failures


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method."""
    upper, lower = 1.0, _inverse(1 - (a + b) * x / (a + 1))
    result = lower
    for term in range(1, _MOST_TERMS):
        even = term * (b - term) * x / ((a + 2 * term - 1) * (a + 2 * term))
        lower, upper = _inverse(1 + even * lower), _away_from_zero(1 + even / upper)
        result *= lower * upper
        odd = -(a + term) * (a + b + term) * x / ((a + 2 * term) * (a + 2 * term + 1))
        lower, upper = _inverse(1 + odd * lower), _away_from_zero(1 + odd / upper)
        step = lower * upper
        result *= step
        if abs(step - 1) < _CLOSE:
            break
    return result


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _inverse(value: float) -> float:
    return 1 / _away_from_zero(value)
