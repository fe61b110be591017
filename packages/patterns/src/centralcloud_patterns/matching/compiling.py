"""Patterns made ready to be checked: keys and ids worked out once.

Remembers what it compiled by identity, so the same pattern object costs nothing the second time.
"""

from msgspec import Struct

from centralcloud_patterns.indicators.dependency import exact_key, key_of
from centralcloud_patterns.keying import indicator_id, keys_of, keys_of_indicator
from centralcloud_patterns.keyless import is_keyless
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern

_MAX_REMEMBERED = 50_000


class Ready(Struct, frozen=True):
    """One indicator with its id and keys."""

    indicator: Indicator
    id: str
    keys: frozenset[str]


class Compiled(Struct, frozen=True, kw_only=True):
    """One pattern with what checking it needs."""

    pattern: Pattern
    #: Type and slug.
    identity: tuple[str, str]
    keys: frozenset[str]
    #: Those of its keys that are expressions.
    keyless: tuple[str, ...]
    positive: tuple[Ready, ...]
    #: Key to the places in `positive` of the indicators that lie under it.
    places: dict[str, tuple[int, ...]]
    negative: tuple[Ready, ...]
    #: Keys of the dependencies it knows by name.
    claims: frozenset[str]
    #: Its dependency indicators that are expressions, each behind its key.
    claims_by_regex: tuple[tuple[str, Indicator], ...]


_remembered: dict[int, Compiled] = {}


def compiled(pattern: Pattern) -> Compiled:
    """Return the pattern ready to be checked."""
    found = _remembered.get(id(pattern))
    # The pattern is kept alive by its entry, so an id can't pass to another object while the entry stands.
    if found is not None and found.pattern is pattern:
        return found
    made = _compile(pattern)
    if len(_remembered) >= _MAX_REMEMBERED:
        _remembered.clear()
    _remembered[id(pattern)] = made
    return made


def _compile(pattern: Pattern) -> Compiled:
    positive: dict[str, Ready] = {}
    negative: dict[str, Ready] = {}
    for indicator in pattern.indicators:
        ready = Ready(indicator, indicator_id(indicator), keys_of_indicator(indicator))
        (negative if indicator.polarity == "against" else positive).setdefault(ready.id, ready)
    dependencies = [item for indicator in pattern.indicators for item in _dependencies(indicator)]
    keys = keys_of(pattern)
    return Compiled(
        pattern=pattern,
        identity=(pattern.type.value, pattern.slug),
        keys=keys,
        keyless=tuple(sorted(filter(is_keyless, keys))),
        positive=tuple(positive.values()),
        places=_places(list(positive.values())),
        negative=tuple(negative.values()),
        claims=frozenset(key for indicator in dependencies if (key := exact_key(indicator))),
        claims_by_regex=tuple(
            (key_of(indicator), indicator) for indicator in dependencies if indicator.regex is not None
        ),
    )


def _places(indicators: list[Ready]) -> dict[str, tuple[int, ...]]:
    places: dict[str, tuple[int, ...]] = {}
    for place, ready in enumerate(indicators):
        for key in ready.keys:
            places[key] = (*places.get(key, ()), place)
    return places


def _dependencies(indicator: Indicator, depth: int = 0) -> list[Indicator]:
    if indicator.kind is IndicatorKind.DEPENDENCY:
        return [indicator]
    if depth > 8:
        return []
    return [found for member in (*indicator.all, *indicator.any) for found in _dependencies(member, depth + 1)]
