"""Measured weights on a pattern: put on for everybody who matches, taken off for those who merge what was said.

What a source says an indicator weighs is never lost: it is the prior, and stands again where the measure is taken off.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from centralcloud_patterns.keying import indicator_id
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Measured, Pattern

#: The very object that encoders take for the default, and leave out.
_USUAL: Final = Indicator(kind=IndicatorKind.GROUP).weight


class Measure(Struct, frozen=True, gc=False):
    """One indicator's weight as it was seen."""

    weight: float
    measured: Measured


#: By the indicator's id.
Measures = Mapping[str, Measure]


def measures_of(pattern: Pattern) -> dict[str, Measure]:
    """Return the measured weights of a pattern as it is told."""
    return {
        indicator_id(indicator): Measure(indicator.weight, indicator.measured)
        for indicator in pattern.indicators
        if indicator.measured is not None
    }


def with_measures(pattern: Pattern, measures: Measures) -> Pattern:
    """Return a pattern, as its sources say it, with measured weights; only what speaks for it is measured."""
    if not measures:
        return pattern
    return replace(pattern, indicators=tuple(_measured(indicator, measures) for indicator in pattern.indicators))


def without_measures(pattern: Pattern) -> Pattern:
    """Return a pattern as its sources say it."""
    if all(indicator.measured is None for indicator in pattern.indicators):
        return pattern
    return replace(pattern, indicators=tuple(map(_as_said, pattern.indicators)))


def _measured(indicator: Indicator, measures: Measures) -> Indicator:
    found = measures.get(indicator_id(indicator)) if indicator.polarity == "for" else None
    if found is None:
        return indicator
    # Whatever was the prior when it was measured: what its source says now is what must not be lost.
    return replace(indicator, weight=found.weight, measured=replace(found.measured, prior=indicator.weight))


def _as_said(indicator: Indicator) -> Indicator:
    if indicator.measured is None:
        return indicator
    said = indicator.measured.prior
    return replace(indicator, weight=_USUAL if said == _USUAL else said, measured=None)
