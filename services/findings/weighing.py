"""What an indicator of a model's weighs: as much as the facts that it cites bear out, never what the model believes.

A citation is checked: the cited fact must be the indicator, or mention what is telling of it.
"""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from centralcloud_patterns import keying
from centralcloud_patterns.indicators.dependency import exact_key
from centralcloud_patterns.pattern import Indicator, IndicatorKind
from services.findings.telling import is_akin, is_mentioned, telling_word
from services.grounding import Fact, FactKind

#: What an indicator weighs that is a cited fact itself: a package seen, one that an index has, something taught.
SAME: Final = {FactKind.PACKAGE: 0.95, FactKind.METADATA: 0.9, FactKind.INDICATOR: 0.9}
#: No indicator that nothing supports weighs more.
MAX_UNSUPPORTED: Final = 0.4
#: No indicator against a pattern weighs more.
MAX_AGAINST: Final = 0.5
_MENTIONING: Final = frozenset({FactKind.SAMPLE, FactKind.WORDS, FactKind.INDICATOR, FactKind.METADATA})
#: (mentioned and akin to the name, only mentioned, only akin, neither)
_WEIGHTS: Final = {
    IndicatorKind.DEPENDENCY: (0.9, 0.5, 0.4, 0.3),
    IndicatorKind.FILE: (0.9, 0.6, 0.4, 0.3),
    IndicatorKind.CONFIG: (0.85, 0.6, 0.4, 0.3),
    IndicatorKind.EXTENSION: (0.85, 0.6, 0.4, 0.3),
    IndicatorKind.IMAGE: (0.85, 0.6, 0.4, 0.3),
    IndicatorKind.IMPORT: (0.85, 0.5, 0.4, 0.3),
    IndicatorKind.KUBERNETES: (0.85, 0.6, 0.4, 0.3),
    IndicatorKind.CONTENT: (0.8, 0.6, 0.4, 0.25),
    IndicatorKind.SHEBANG: (0.8, 0.6, 0.4, 0.3),
    IndicatorKind.ENV: (0.7, 0.5, 0.35, 0.25),
    IndicatorKind.SCRIPT: (0.7, 0.5, 0.35, 0.25),
    IndicatorKind.HOST: (0.7, 0.5, 0.35, 0.25),
    IndicatorKind.STRUCTURE: (0.6, 0.5, 0.3, 0.25),
    IndicatorKind.PORT: (0.3, 0.3, 0.2, 0.2),
}


def weighed(indicator: Indicator, cited: Sequence[Fact], names: Collection[str]) -> Indicator:
    """Return the indicator with its weight and its id; `names` are those of its pattern, as they compare."""
    weight = max((SAME[fact.kind] for fact in cited if _is(indicator, fact)), default=0.0)
    if not weight:
        word = telling_word(indicator)
        mentioned = any(fact.kind in _MENTIONING and is_mentioned(word, fact.text) for fact in cited)
        weight = _WEIGHTS[indicator.kind][(0 if is_akin(indicator, names) else 1) + (0 if mentioned else 2)]
        weight = weight if mentioned else min(weight, MAX_UNSUPPORTED)
    against = indicator.polarity == "against"
    bare = msgspec.structs.replace(indicator, id="", weight=min(weight, MAX_AGAINST) if against else weight)
    identity = keying.indicator_id(bare)
    return msgspec.structs.replace(bare, id=f"{identity}-against" if against else identity)


def _is(indicator: Indicator, fact: Fact) -> bool:
    """Tell whether a fact is the very indicator."""
    if fact.indicator is None or fact.kind not in SAME:
        return False
    key = exact_key(indicator)
    if key is not None and key == exact_key(fact.indicator):
        return True
    return _identity(indicator) == _identity(fact.indicator)


def _identity(indicator: Indicator) -> str:
    return keying.indicator_id(msgspec.structs.replace(indicator, id=""))
