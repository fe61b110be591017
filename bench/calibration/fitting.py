"""Fit the calibration: the numbers under which judged pairs are least surprising, held near one by a prior.

Coordinate search on the log loss: few numbers, no library, the same result on every machine. The trees are split in
two by their share of false pairs, so that each half has as many hard ones as the other.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Final

from msgspec.structs import asdict, replace

from bench.calibration.measuring import log_loss
from bench.calibration.pairs import Pair, confidences
from centralcloud_patterns.matching.calibration import UNCALIBRATED, Calibration

#: Decides which of two like trees goes to which half.
SEED: Final = 1
#: What it costs in log loss, on average, that the logarithm of a number is one away from nought.
_PRIOR: Final = 0.02
_FIRST_STEP: Final = 0.3
_LAST_STEP: Final = 0.004
#: Where a number may lie. No kind is worth less than 0.8, so that a weight of 0.6 alone stays above one half: on which
#: side of the line a thing is, where little else was seen, is its author's word.
_ANYWHERE: Final = (0.0, math.inf)
_RANGES: Final = {
    **dict.fromkeys(("file", "extension", "other"), (0.8, math.inf)),
    **dict.fromkeys(("ceiling", "implication"), (0.0, 1.0)),
}


def halves(pairs: Sequence[Pair], seed: int = SEED) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the trees to fit on and of those to measure on: of each two that are alike, one each."""
    total = Counter(pair.tree for pair in pairs)
    false = Counter(pair.tree for pair in pairs if not pair.true)
    chance = random.Random(seed)
    ordered = sorted(total, key=lambda tree: (false[tree] / total[tree], tree))
    first = {chance.choice(ordered[start : start + 2]) for start in range(0, len(ordered), 2)}
    return frozenset(first), frozenset(ordered) - first


def fit(pairs: Sequence[Pair]) -> Calibration:
    """Return the calibration that fits the pairs, each number to two digits, the ceiling to three."""
    own = [pair for pair in pairs if pair.places]
    numbers = [name for name in asdict(UNCALIBRATED) if name != "implication"]
    found = _search(own, UNCALIBRATED, numbers)
    # What implications are worth can't be told before what implies them is.
    found = _search(pairs, found, ["implication"])
    return replace(
        found, **{name: round(value, 3 if name == "ceiling" else 2) for name, value in asdict(found).items()}
    )


def _search(pairs: Sequence[Pair], start: Calibration, names: Sequence[str]) -> Calibration:
    best, least = start, _loss(pairs, start, names)
    steps = dict.fromkeys(names, _FIRST_STEP)
    while max(steps.values()) > _LAST_STEP:
        for name in names:
            for sign in (1.0, -1.0):
                value = getattr(best, name) * math.exp(sign * steps[name])
                low, high = _RANGES.get(name, _ANYWHERE)
                tried = replace(best, **{name: min(high, max(low, value))})
                loss = _loss(pairs, tried, names)
                if loss < least - 1e-9:
                    best, least = tried, loss
                    break
            else:
                steps[name] /= 2
    return best


def _loss(pairs: Sequence[Pair], calibration: Calibration, names: Sequence[str]) -> float:
    away = sum(math.log(getattr(calibration, name)) ** 2 for name in names)
    return log_loss(confidences(pairs, calibration), [pair.true for pair in pairs]) + _PRIOR * away / len(names)
