"""Match facts against patterns: the one entrance of this room."""

from collections.abc import Collection, Iterable

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Component, Detection, Match, Unknown
from centralcloud_patterns.indicators.dependency import named
from centralcloud_patterns.manifests.dependency import PLUGIN_MARKER, Dependency, keys_of_name
from centralcloud_patterns.matching.checking import matches_of
from centralcloud_patterns.matching.compiling import Compiled, compiled
from centralcloud_patterns.matching.relations import (
    Known,
    with_implied,
    with_requirements,
    with_superseded,
    without_excluded,
)
from centralcloud_patterns.paths import basename_of
from centralcloud_patterns.pattern import Pattern

_MAX_FILES = 20


def match(
    facts: Facts, patterns: Iterable[Pattern], *, min_confidence: float = 0.5, languages: Collection[str] = ()
) -> Detection:
    """Return what the given patterns find in the facts; only matches of at least `min_confidence` are kept.

    With `languages`, patterns known to be of other languages only are left out. Implied patterns are found when they
    are among the given ones.
    """
    given = [compiled(pattern) for pattern in patterns]
    spoken = {language.lower() for language in languages}
    ready = [item for item in given if _speaks(item.pattern, spoken)] if spoken else given
    known = Known({item.identity: item.pattern for item in ready})
    # In one order, whatever order candidates and components came in: the same evidence gives the same reasons.
    found = sorted(
        (hit for item in ready for hit in matches_of(item, facts)), key=lambda hit: (hit.path, hit.type, hit.slug)
    )
    kept = _sure(with_requirements(_sure(found, min_confidence), known), min_confidence)
    kept = _sure(with_implied(without_excluded(kept, known), known), min_confidence)
    matches = sorted(with_superseded(kept, known), key=_rank)
    return Detection(
        matches=tuple(matches),
        components=_components(facts, matches),
        unknown=_unknown(facts, given),
        languages=facts.languages,
        notes=facts.notes,
    )


def _sure(matches: Iterable[Match], least: float) -> list[Match]:
    return [hit for hit in matches if hit.confidence >= least]


def _speaks(pattern: Pattern, spoken: set[str]) -> bool:
    return not pattern.languages or any(language.lower() in spoken for language in pattern.languages)


def _rank(hit: Match) -> tuple[str, bool, float, str, str]:
    return (hit.path, hit.superseded_by is not None, -hit.confidence, hit.type.value, hit.slug)


def _components(facts: Facts, matches: list[Match]) -> tuple[Component, ...]:
    slugs: dict[str, dict[str, None]] = {path: {} for path in facts.components}
    for hit in matches:
        slugs.setdefault(hit.path, {})[hit.slug] = None
    return tuple(
        Component(path=path, name=basename_of(path) or ".", languages=facts.languages_of(path), slugs=tuple(found))
        for path, found in sorted(slugs.items())
    )


def _unknown(facts: Facts, claiming: list[Compiled]) -> tuple[Unknown, ...]:
    """Return the dependencies from outside the codebase that no given pattern names, with where they were seen."""
    if not facts.dependencies:
        return ()
    claimed: set[str] = set().union(*(item.claims for item in claiming))
    claimed_by_regex: set[int] = set()
    for item in claiming:
        for key, indicator in item.claims_by_regex:
            if key in facts.index:
                claimed_by_regex.update(map(id, named(indicator, facts)))
    # A plugin of Gradle stands there twice, and is known when its artifact is.
    markers = [dependency for dependency in facts.dependencies if dependency.name.endswith(PLUGIN_MARKER)]
    for marker in markers:
        if id(marker) in claimed_by_regex or not claimed.isdisjoint(keys_of_name("maven", marker.normal)):
            claimed.add(f"dep:gradle-plugin:{marker.normal.partition('/')[0]}")
    files: dict[str, dict[str, None]] = {}
    for dependency in facts.dependencies:
        if id(dependency) not in claimed_by_regex and _counts(dependency, claimed):
            files.setdefault(dependency.purl, {})[dependency.file] = None
    return tuple(Unknown(purl, tuple(seen)[:_MAX_FILES]) for purl, seen in sorted(files.items()))


def _counts(dependency: Dependency, claimed: set[str]) -> bool:
    if dependency.local or dependency.scope == "tool" or dependency.name.endswith(PLUGIN_MARKER):
        return False
    return claimed.isdisjoint(keys_of_name(dependency.ecosystem, dependency.normal))
