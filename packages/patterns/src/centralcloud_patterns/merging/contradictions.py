"""Indicators of one pattern that say the same fact speaks for it and against it: which side counts.

What is curated stands. Otherwise the side that more independent instances take does, and while they are equal both
stand side by side. A function of the set of what was said: whoever derives a pattern anew gets the same again.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct

from centralcloud_patterns.merging.join import is_curated
from centralcloud_patterns.pattern import Indicator, Pattern

FOR: Final = "for"
AGAINST: Final = "against"

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class Contradiction(Struct, frozen=True):
    """One fact that is said to speak for a pattern and against it, and the instances behind either side."""

    fact: str
    speak_for: frozenset[str]
    speak_against: frozenset[str]
    #: Which side counts; None while neither does more than the other.
    stands: str | None


def contradicted(pattern: Pattern) -> frozenset[str]:
    """Return the facts that a pattern has on both sides."""
    sides = [{_fact(it) for it in pattern.indicators if it.polarity == side} for side in (FOR, AGAINST)]
    return frozenset(sides[0] & sides[1])


def contradictions(base: Pattern, said: Iterable[Pattern]) -> list[Contradiction]:
    """Return what instances contradict each other about, or what is curated in `base`; sorted by fact."""
    voices: dict[str, dict[str, set[str]]] = {}
    for one in said:
        speaker = one.provenance[0].instance_id or ""
        for it in one.indicators:
            voices.setdefault(_fact(it), {FOR: set(), AGAINST: set()})[it.polarity].add(speaker)
    curated = {_fact(it): it.polarity for it in base.indicators} if is_curated(base) else {}
    found = []
    for fact, sides in sorted(voices.items()):
        # Who says both says neither.
        both = sides[FOR] & sides[AGAINST]
        pro, con = frozenset(sides[FOR] - both), frozenset(sides[AGAINST] - both)
        owned = curated.get(fact)
        if (sides[FOR] and sides[AGAINST]) or (owned is not None and sides[_other(owned)]):
            found.append(Contradiction(fact, pro, con, owned or _heavier(pro, con)))
    return found


def consistent(base: Pattern, said: Sequence[Pattern]) -> list[Pattern]:
    """Return learns without the indicators that others outweigh; everything else of them stays."""
    stands = {it.fact: it.stands for it in contradictions(base, said) if it.stands is not None}
    return [_without(one, stands) for one in said] if stands else list(said)


def _without(one: Pattern, stands: dict[str, str]) -> Pattern:
    kept = tuple(it for it in one.indicators if stands.get(_fact(it), it.polarity) == it.polarity)
    return one if len(kept) == len(one.indicators) else msgspec.structs.replace(one, indicators=kept)


def _heavier(pro: frozenset[str], con: frozenset[str]) -> str | None:
    if len(pro) == len(con):
        return None
    return FOR if len(pro) > len(con) else AGAINST


def _other(side: str) -> str:
    return AGAINST if side == FOR else FOR


@lru_cache(maxsize=16_384)
def _fact(indicator: Indicator) -> str:
    """Return what an indicator looks at, whatever it concludes."""
    bare = msgspec.structs.replace(indicator, id="", weight=0.9, polarity=FOR)
    return hashlib.sha256(_encode(bare)).hexdigest()[:16]
