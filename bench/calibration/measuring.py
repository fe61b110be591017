"""How far confidences are from the truth: expected calibration error, Brier score, log loss, and an interval."""

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

BINS: Final = 10
#: A confidence is taken for no surer than this: one wrong pair must not outweigh a hundred.
_SUREST: Final = 0.999
_RESAMPLES: Final = 400


class Bin(Struct, frozen=True):
    """Pairs of like confidence: how many, how sure on average, and what share of them is true."""

    count: int
    confidence: float
    true: float


class Quality(Struct, frozen=True):
    """The figures of one measurement; `low` and `high` hold 95 % of the errors of resampled trees."""

    pairs: int
    negative: float
    error: float
    error_of_equal_bins: float
    brier: float
    log_loss: float
    low: float
    high: float


def measured(confidences: Sequence[float], truths: Sequence[bool], trees: Sequence[str]) -> Quality:
    """Return the figures for confidences, what is true, and the tree that each belongs to."""
    low, high = _interval(confidences, truths, trees)
    return Quality(
        pairs=len(truths),
        negative=1 - sum(truths) / len(truths),
        error=error_of(bins_of_width(confidences, truths)),
        error_of_equal_bins=error_of(bins_of_mass(confidences, truths)),
        brier=sum((sure - true) ** 2 for sure, true in zip(confidences, truths, strict=True)) / len(truths),
        log_loss=log_loss(confidences, truths),
        low=low,
        high=high,
    )


def log_loss(confidences: Sequence[float], truths: Sequence[bool]) -> float:
    """Return the mean surprise in nats."""
    total = 0.0
    for sure, true in zip(confidences, truths, strict=True):
        total -= math.log(max(1 - _SUREST, sure if true else 1 - sure))
    return total / len(truths)


def bins_of_width(confidences: Sequence[float], truths: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Return bins of one width over 0..1; empty ones have a count of 0."""
    members: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for sure, true in zip(confidences, truths, strict=True):
        members[min(bins - 1, int(sure * bins))].append((sure, true))
    return [_bin(each) for each in members]


def bins_of_mass(confidences: Sequence[float], truths: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Return bins that hold as many pairs each."""
    ordered = sorted(zip(confidences, truths, strict=True))
    edges = [len(ordered) * step // bins for step in range(bins + 1)]
    return [_bin(ordered[low:high]) for low, high in pairwise(edges)]


def _bin(members: Sequence[tuple[float, bool]]) -> Bin:
    count = len(members)
    if not count:
        return Bin(0, 0.0, 0.0)
    return Bin(count, sum(sure for sure, _ in members) / count, sum(true for _, true in members) / count)


def error_of(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: the mean distance of confidence and truth, weighted by count."""
    return sum(each.count * abs(each.confidence - each.true) for each in bins) / sum(each.count for each in bins)


def _interval(confidences: Sequence[float], truths: Sequence[bool], trees: Sequence[str]) -> tuple[float, float]:
    """Return where 95 % of the errors lie when whole trees are drawn again: pairs of one tree are no strangers."""
    members: dict[str, list[int]] = {}
    for number, tree in enumerate(trees):
        members.setdefault(tree, []).append(number)
    names = sorted(members)
    chance = random.Random(0)
    errors = []
    for _ in range(_RESAMPLES):
        drawn = [number for name in chance.choices(names, k=len(names)) for number in members[name]]

        errors.append(error_of(bins_of_width([confidences[one] for one in drawn], [truths[one] for one in drawn])))
    errors.sort()
    return errors[int(0.025 * _RESAMPLES)], errors[int(0.975 * _RESAMPLES) - 1]
