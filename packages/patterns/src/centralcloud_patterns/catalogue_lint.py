"""What is wrong with a catalogue as a whole: duplicates, dangling relations, refused expressions, empty patterns, and
frameworks that don't say how to install, run, build and test them.

Each problem is one line that names the pattern. Problems inside one entry are found by `catalogue_format` already.
"""

from collections.abc import Iterable, Iterator, Sequence

from centralcloud_patterns.checked import BadIndicator, check
from centralcloud_patterns.expressions import BadExpressionError, find
from centralcloud_patterns.indicators.dependency import exact_key
from centralcloud_patterns.manifests.dependency import ecosystem_of
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType

_RECOGNISED = frozenset({PatternType.FRAMEWORK, PatternType.TECHNOLOGY})
#: From this weight on, an indicator alone says which pattern it is, so it can't say it of two.
_CLAIM = 0.9
_COMMANDS = ("install", "dev", "build", "test", "output")


def lint(patterns: Sequence[Pattern]) -> list[str]:
    """Return every problem, one line each; an empty list is a clean catalogue."""
    return [
        *_duplicates(patterns),
        *_names(patterns),
        *_relations(patterns),
        *_indicators(patterns),
        *_claims(patterns),
        *_trespasses(patterns),
        *_repeats(patterns),
        *_commands(patterns),
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


def _repeats(patterns: Iterable[Pattern]) -> Iterator[str]:
    """A pattern must not say the same twice: two globs that match the same files would count as two witnesses."""
    for pattern in patterns:
        seen: set[tuple[str, ...]] = set()
        for indicator in pattern.indicators:
            bare = (indicator.glob or "").removeprefix("**/")
            said = (bare, indicator.polarity, indicator.locality)
            if indicator.kind is IndicatorKind.FILE and bare:
                if said in seen:
                    yield f"{_label(pattern)}: the file {bare} stands there twice"
                seen.add(said)


def _commands(patterns: Iterable[Pattern]) -> Iterator[str]:
    """A framework says how to install, run, build and test it, and where the output goes."""
    for pattern in patterns:
        missing = [name for name in _COMMANDS if not pattern.commands.get(name, "").strip()]
        if pattern.type is PatternType.FRAMEWORK and missing:
            yield f"{_label(pattern)}: has no {', '.join(missing)} among its commands"


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
        for key in home_keys(pattern):
            holder = holders.setdefault((pattern.type, key), pattern)
            pair = (holder.slug, pattern.slug)
            if holder.slug != pattern.slug and pair not in related and pair[::-1] not in related:
                yield f"{_label(pattern)}: claims {key.removeprefix('dep:')}, as {holder.slug} does"


def _trespasses(patterns: Sequence[Pattern]) -> Iterator[str]:
    """No certain indicator may match the home package of a neighbour, unless one says how they relate.

    Neighbours share a category: across categories a package may well speak of two, as django-htmx does.
    """
    neighbours: dict[tuple[PatternType, str], list[Pattern]] = {}
    for pattern in patterns:
        if pattern.category and pattern.type in _RECOGNISED:
            neighbours.setdefault((pattern.type, pattern.category), []).append(pattern)
    related = related_slugs(patterns)
    for group in neighbours.values():
        owners = {key: pattern for pattern in group for key in home_keys(pattern)}
        for pattern in group:
            strange = {key: owner for key, owner in owners.items() if owner.slug not in related[pattern.slug]}
            for key in _reached(pattern, strange):
                yield f"{_label(pattern)}: matches {key.removeprefix('dep:')}, the home of {strange[key].slug}"


def related_slugs(patterns: Iterable[Pattern]) -> dict[str, set[str]]:
    """Return each slug's own and those it is related to, in either direction and through others."""
    direct: dict[str, set[str]] = {}
    for pattern in patterns:
        direct.setdefault(pattern.slug, set()).update(relation.slug for relation in pattern.relations)
    related: dict[str, set[str]] = {slug: {slug} for slug in direct}
    for slug in direct:
        waiting = [slug]
        while waiting:
            for target in direct.get(waiting.pop(), ()):
                if target not in related[slug]:
                    related[slug].add(target)
                    waiting.append(target)
    for slug, targets in [(slug, set(targets)) for slug, targets in related.items()]:
        for target in targets:
            related.setdefault(target, {target}).add(slug)
    return related


def _reached(pattern: Pattern, homes: Iterable[str]) -> Iterator[str]:
    """Yield the homes that a certain indicator of the pattern matches."""
    certain = [indicator for indicator in pattern.indicators if _is_certain(indicator)]
    exact = {exact_key(indicator) for indicator in certain}
    by_regex = [(ecosystem_of(item.ecosystem or ""), item.regex) for item in certain if item.regex is not None]
    for home in homes:
        _, ecosystem, name = home.split(":", 2)
        if home in exact or any(of == ecosystem and find(regex, name) is not None for of, regex in by_regex):
            yield home


def _is_certain(indicator: Indicator) -> bool:
    plain = indicator.polarity == "for" and indicator.scope is None and indicator.version is None
    return plain and indicator.kind is IndicatorKind.DEPENDENCY and indicator.weight >= _CLAIM


def home_keys(pattern: Pattern) -> list[str]:
    """Return the keys of a pattern's home packages, one an ecosystem: the first certain dependency of each."""
    homes: dict[str, str] = {}
    for indicator in pattern.indicators:
        key = exact_key(indicator)
        if key and _is_certain(indicator):
            homes.setdefault(key.split(":", 2)[1], key)
    return list(homes.values())
