"""Which instances judge as nobody else does: their verdicts are left out of what weights are learned from.

An instance that is broken, or means harm, says the opposite of the others about many patterns; an honest one that sees
unusual codebases differs about few. Pure, and blind to order.
"""

import math
from collections.abc import Callable, Iterable, Set
from functools import partial
from statistics import median
from typing import Final

from msgspec import Struct

#: Verdicts of an instance below which it is not judged, and instances that must have an opinion of a pattern.
_LEAST_VERDICTS: Final = 10
_LEAST_INSTANCES: Final = 3
#: How much further from the others than chance explains: on average over its verdicts, and in standard deviations.
_FAR: Final = 0.15
_SURE: Final = 5.0
#: Times that the usual rates are found again without those who were found to be far from them.
_ROUNDS: Final = 3


class Judged(Struct, frozen=True):
    """How often one instance confirmed and rejected one pattern, in distinct codebases."""

    instance: str
    pattern: int
    confirmed: int
    rejected: int


def unreliable(verdicts: Iterable[Judged]) -> set[str]:
    """Return the instances whose verdicts are far from what the others say of the same patterns."""
    by_pattern: dict[int, list[Judged]] = {}
    for judged in verdicts:
        if judged.confirmed + judged.rejected:
            by_pattern.setdefault(judged.pattern, []).append(judged)
    several = [told for told in by_pattern.values() if len(told) >= _LEAST_INSTANCES]
    # Whoever speaks most does not say what is usual: at first each instance has one voice.
    found = _far(several, _median)
    for _ in range(_ROUNDS):
        before, found = found, _far(several, partial(_pooled, without=found))
        if found == before:
            break
    return found


def _far(patterns: Iterable[list[Judged]], usual_rate: Callable[[list[Judged]], float]) -> set[str]:
    away: dict[str, list[tuple[int, float, float]]] = {}
    for told in patterns:
        usual = min(0.98, max(0.02, usual_rate(told)))
        for it in told:
            count = it.confirmed + it.rejected
            away.setdefault(it.instance, []).append((count, abs(it.confirmed - count * usual), usual))
    return {instance for instance, parts in away.items() if _is_far(parts)}


def _median(told: list[Judged]) -> float:
    return median((it.confirmed + 0.5) / (it.confirmed + it.rejected + 1) for it in told)


def _pooled(told: list[Judged], without: Set[str]) -> float:
    heard = [it for it in told if it.instance not in without] or told
    confirmed = sum(it.confirmed for it in heard)
    return (confirmed + 0.5) / (confirmed + sum(it.rejected for it in heard) + 1)


def _is_far(parts: list[tuple[int, float, float]]) -> bool:
    """Tell whether verdicts are too far from the usual ones; parts are (count, distance, usual rate), one a pattern."""
    verdicts = sum(count for count, _distance, _usual in parts)
    if verdicts < _LEAST_VERDICTS:
        return False
    expected = [(_chance_distance(count, usual), count * usual * (1 - usual)) for count, _distance, usual in parts]
    beyond = sum(distance for _count, distance, _usual in parts) - sum(mean for mean, _variance in expected)
    spread = math.sqrt(sum(max(variance - mean * mean, 0.0) for mean, variance in expected))
    return beyond >= _FAR * verdicts and beyond >= _SURE * spread


def _chance_distance(count: int, rate: float) -> float:
    """Return how far a binomial count is from its mean, on average (De Moivre)."""
    place = math.floor(count * rate) + 1
    if place > count:
        return 0.0
    ways = math.lgamma(count + 1) - math.lgamma(place + 1) - math.lgamma(count - place + 1)
    chance = math.exp(ways + place * math.log(rate) + (count - place + 1) * math.log1p(-rate))
    return 2 * place * chance
