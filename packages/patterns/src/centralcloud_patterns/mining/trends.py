"""Rising and fading patterns: whose share of what was seen lately differs from its share before."""

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct


class TrendRules(Struct, frozen=True, kw_only=True):
    """Which differences are told."""

    #: Least codebases on both sides.
    codebases: int = 20
    #: Least standard deviations between both shares.
    score: float = 3.0
    #: Least relative difference.
    change: float = 0.1


class Trend(Struct, frozen=True, kw_only=True):
    """How a pattern's share moves."""

    pattern: str
    #: Shares of the codebases seen lately, and before.
    lately: float
    before: float
    #: Standard deviations between them; below zero where it fades.
    score: float


def trends(patterns: Mapping[str, int], lately: int, before: int, rules: TrendRules) -> Iterator[Trend]:
    """Yield the patterns that rise or fade; all are sets of codebases, `lately` and `before` disjoint."""
    recent, old = lately.bit_count(), before.bit_count()
    if min(recent, old) < rules.codebases:
        return
    for pattern, bits in sorted(patterns.items()):
        now, then = (bits & lately).bit_count(), (bits & before).bit_count()
        both = (now + then) / (recent + old)
        spread = math.sqrt(both * (1 - both) * (1 / recent + 1 / old))
        if spread == 0:
            continue
        score = (now / recent - then / old) / spread
        if abs(score) >= rules.score and abs(now / recent - then / old) >= rules.change * max(then / old, now / recent):
            yield Trend(pattern=pattern, lately=now / recent, before=then / old, score=round(score, 4))
