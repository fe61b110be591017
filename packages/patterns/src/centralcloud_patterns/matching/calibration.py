"""The fitted numbers behind confidence: how much a piece of evidence turned out to be worth in labelled repositories.

Fitted on one half of them and measured on the other, by `python -m bench.calibration fit`; docs/calibration.md says how
and with what result. A test fits again and compares, so nothing in here is set by hand.
"""

from typing import Final

from msgspec import Struct

from centralcloud_patterns.pattern import IndicatorKind


class Calibration(Struct, frozen=True, kw_only=True):
    """What scales evidence: factors on the logarithm of doubt, an exponent on the odds, and where confidence ends."""

    #: Of indicators on files and layouts by name; a declared dependency is the measure, 1.
    file: float
    #: Of indicators on the endings of files.
    extension: float
    #: Of all other kinds.
    other: float
    #: Of evidence that lies among tests, where other people's files are kept as input.
    among_tests: float
    #: Of each further indicator of a kind: what shares a cause is no second witness.
    repeated: float
    #: Exponent on the odds.
    sharpness: float
    #: Confidence that no evidence exceeds: labels, too, are wrong at times.
    ceiling: float
    #: What is left of a match's confidence in what it implies.
    implication: float

    def strength(self, kind: IndicatorKind) -> float:
        """Return the factor of a kind of indicator."""
        if kind is IndicatorKind.DEPENDENCY:
            return 1.0
        if kind is IndicatorKind.FILE:
            return self.file
        return self.extension if kind is IndicatorKind.EXTENSION else self.other


#: As if nothing had been measured: weights as they stand, each indicator a witness of its own.
UNCALIBRATED: Final = Calibration(
    file=1.0, extension=1.0, other=1.0, among_tests=1.0, repeated=1.0, sharpness=1.0, ceiling=1.0, implication=0.97
)
FITTED: Final = Calibration(
    file=0.85,
    extension=0.8,
    other=0.8,
    among_tests=0.19,
    repeated=0.53,
    sharpness=1.85,
    ceiling=0.988,
    implication=0.93,
)
