"""What facts alone make of a name: a package that somebody uses, with its ecosystem and where it was seen."""

import datetime
from typing import Final

from centralcloud_patterns import keying
from centralcloud_patterns.merging import DERIVED
from centralcloud_patterns.pattern import Indicator, Pattern, PatternType, Provenance
from services.grounding.facts import FactKind, Facts
from services.learning.identity import new_slug
from services.times import rfc3339
from services.unseen import seen

#: What a package of the very name weighs that nobody looked at.
_WEIGHT: Final = 0.8
_MAX_NAME: Final = 80


def deterministic_candidate(facts: Facts, type_: str, name: str, at: datetime.datetime | None = None) -> Pattern | None:
    """Return the candidate that needs no model, None where no instance was seen to use a package of that name.

    That an index has a package of the name is not enough: it has one of nearly every word.
    """
    seen_ones = [fact for fact in facts.items if fact.kind is FactKind.PACKAGE and fact.source != "catalogue"]
    if not seen_ones:
        return None
    indicators = tuple(_weighed(fact.indicator) for fact in seen_ones if fact.indicator is not None)
    said = [fact.text for fact in (*seen_ones, *(it for it in facts.items if it.kind is FactKind.METADATA))]
    slug = new_slug(name)
    claim = Provenance(source=DERIVED, at=rfc3339(at) if at else None)
    return Pattern(
        type=PatternType(type_),
        slug=slug,
        name=" ".join(seen(name).split())[:_MAX_NAME] or slug,
        description=". ".join(said)[:400],
        indicators=indicators,
        provenance=(claim, *_of_fields(claim, indicators)),
    )


def _weighed(indicator: Indicator) -> Indicator:
    bare = Indicator(kind=indicator.kind, ecosystem=indicator.ecosystem, name=indicator.name, weight=_WEIGHT)
    return Indicator(
        kind=bare.kind, ecosystem=bare.ecosystem, name=bare.name, weight=_WEIGHT, id=keying.indicator_id(bare)
    )


def _of_fields(claim: Provenance, indicators: tuple[Indicator, ...]) -> tuple[Provenance, ...]:
    at, keys = claim.at, tuple(sorted(indicator.id for indicator in indicators))
    words = tuple(Provenance(source=DERIVED, field=field, at=at) for field in ("name", "description"))
    return (*words, Provenance(source=DERIVED, field="indicators", at=at, items=keys))
