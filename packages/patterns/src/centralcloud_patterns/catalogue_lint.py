"""What is wrong with a catalogue as a whole: duplicates, dangling relations, refused expressions, empty patterns.

Each problem is one line that names the pattern. Problems inside one entry are found by `catalogue_format` already.
"""

from collections.abc import Iterable, Iterator, Sequence

from centralcloud_patterns.checked import BadIndicator, check
from centralcloud_patterns.expressions import BadExpressionError
from centralcloud_patterns.indicators.dependency import exact_key
from centralcloud_patterns.pattern import Pattern, PatternType

_RECOGNISED = frozenset({PatternType.FRAMEWORK, PatternType.TECHNOLOGY})
#: From this weight on, an indicator alone says which pattern it is, so it can't say it of two.
_CLAIM = 0.9


def lint(patterns: Sequence[Pattern]) -> list[str]:
    """Return every problem, one line each; an empty list is a clean catalogue."""
    return [
        *_duplicates(patterns),
        *_names(patterns),
        *_relations(patterns),
        *_indicators(patterns),
        *_claims(patterns),
    ]


def _label(pattern: Pattern) -> str:
    return f"{pattern.type.value}/{pattern.slug}"


def _duplicates(patterns: Iterable[Pattern]) -> Iterator[str]:
    seen: set[str] = set()
    for pattern in patterns:
        label = _label(pattern)
        if label in seen:
            yield f"{label}: defined twice"
        seen.add(label)


def _comparable(name: str) -> str:
    kept = name.casefold().replace("+", "plus").replace("#", "sharp").replace("*", "star").replace("&", "and")
    return "".join(character for character in kept if character.isalnum())


def _names(patterns: Sequence[Pattern]) -> Iterator[str]:
    """An alias must not be the slug, name or alias of another pattern of the type."""
    owner = {(pattern.type, _comparable(pattern.slug)): pattern.slug for pattern in patterns}
    for pattern in patterns:
        for alias in dict.fromkeys(_comparable(name) for name in (pattern.name, *pattern.aliases)):
            holder = owner.setdefault((pattern.type, alias), pattern.slug)
            if holder != pattern.slug:
                yield f"{_label(pattern)}: the name {alias!r} belongs to {holder} as well"


def _relations(patterns: Sequence[Pattern]) -> Iterator[str]:
    slugs = {pattern.slug for pattern in patterns}
    typed = {(pattern.type, pattern.slug) for pattern in patterns}
    for pattern in patterns:
        for relation in pattern.relations:
            known = relation.slug in slugs if relation.type is None else (relation.type, relation.slug) in typed
            if not known:
                yield f"{_label(pattern)}: {relation.kind} {relation.slug}, which is not there"
            elif relation.slug == pattern.slug and relation.type in {None, pattern.type}:
                yield f"{_label(pattern)}: {relation.kind} itself"


def _indicators(patterns: Iterable[Pattern]) -> Iterator[str]:
    for pattern in patterns:
        if pattern.type in _RECOGNISED and not any(item.polarity == "for" for item in pattern.indicators):
            yield f"{_label(pattern)}: nothing recognises it"
        for indicator in pattern.indicators:
            try:
                check(indicator)
            except (BadIndicator, BadExpressionError) as error:
                yield f"{_label(pattern)}: {error}"


def _claims(patterns: Sequence[Pattern]) -> Iterator[str]:
    """Two patterns of a type must not have the same home package, unless one says how they relate.

    A home package is the first certain dependency listed for an ecosystem; a driver further down may well speak of two.
    """
    related = {(pattern.slug, relation.slug) for pattern in patterns for relation in pattern.relations}
    holders: dict[tuple[PatternType, str], Pattern] = {}
    for pattern in patterns:
        for key in _homes(pattern):
            holder = holders.setdefault((pattern.type, key), pattern)
            pair = (holder.slug, pattern.slug)
            if holder.slug != pattern.slug and pair not in related and pair[::-1] not in related:
                yield f"{_label(pattern)}: claims {key.removeprefix('dep:')}, as {holder.slug} does"


def _homes(pattern: Pattern) -> list[str]:
    """Return the keys of a pattern's home packages, one an ecosystem."""
    homes: dict[str, str] = {}
    for indicator in pattern.indicators:
        key = exact_key(indicator)
        plain = indicator.polarity == "for" and indicator.scope is None and indicator.version is None
        if key and plain and indicator.weight >= _CLAIM:
            homes.setdefault(key.split(":", 2)[1], key)
    return list(homes.values())
