"""Confidence: P(pattern | what fired), from the weights of indicators, their kinds, and where they fired.

A noisy-or on a calibrated scale. Each indicator's doubt is raised to the power that its kind and its place earn; of one
kind the strongest counts whole and each further one less; those against damp the product; last, the odds are
sharpened. Always within 0..1, and never lowered by a further positive indicator. The numbers are `calibration`'s.
"""

import math
from collections.abc import Iterable

from msgspec import Struct

from centralcloud_patterns.matching.calibration import FITTED, Calibration
from centralcloud_patterns.pattern import IndicatorKind

#: What is left of a match's confidence when a pattern that it requires is not seen: only strong evidence stands alone.
UNMET_REQUIREMENT = 0.54
#: No single indicator is beyond doubt.
_SUREST = 0.9999


class Voice(Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One indicator that speaks for a pattern in a component."""

    kind: IndicatorKind
    weight: float
    #: It was seen among tests only, and the pattern is not about testing.
    among_tests: bool = False


def combined(positive: Iterable[Voice], negative: Iterable[float] = (), calibration: Calibration = FITTED) -> float:
    """Return the confidence for what fired; `negative` are the weights of the indicators against."""
    worth = sorted(((_worth(voice, calibration), voice.kind.value) for voice in positive), reverse=True)
    heard: set[str] = set()
    total = 0.0
    for evidence, kind in worth:
        total += evidence * calibration.repeated if kind in heard else evidence
        heard.add(kind)
    kept = 1.0
    for weight in negative:
        kept *= 1.0 - min(1.0, max(0.0, weight))
    return _sharpened((1.0 - math.exp(-total)) * kept, calibration.sharpness) * calibration.ceiling


def _worth(voice: Voice, calibration: Calibration) -> float:
    """Return the logarithm of the doubt that an indicator removes."""
    removed = -math.log(1.0 - min(_SUREST, max(0.0, voice.weight))) * calibration.strength(voice.kind)
    return removed * calibration.among_tests if voice.among_tests else removed


def _sharpened(probability: float, exponent: float) -> float:
    sure, unsure = math.pow(probability, exponent), math.pow(1.0 - probability, exponent)
    return sure / (sure + unsure)
