"""Confidence: P(pattern | what fired), by noisy-or over the indicators for it, damped by those against it.

1 - prod(1 - w) over distinct positive indicators, times prod(1 - w) over negative ones: always within 0..1, and never
lowered by a further positive indicator. Weights are the patterns'; nothing is fitted here.
"""

from collections.abc import Iterable

#: What is left of a match's confidence in what it implies.
IMPLICATION = 0.97
#: What is left of a match's confidence when a pattern that it requires is not seen: only strong evidence stands alone.
UNMET_REQUIREMENT = 0.6


def combined(positive: Iterable[float], negative: Iterable[float] = ()) -> float:
    """Return the confidence for the weights of the indicators that fired."""
    doubt = 1.0
    for weight in positive:
        doubt *= 1.0 - min(1.0, max(0.0, weight))
    kept = 1.0
    for weight in negative:
        kept *= 1.0 - min(1.0, max(0.0, weight))
    return (1.0 - doubt) * kept
