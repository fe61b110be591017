"""One pattern against the facts: a match for each component where it fired."""

from collections.abc import Iterator

from msgspec import Struct

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Match, Reason
from centralcloud_patterns.indicators.rules import Hit
from centralcloud_patterns.matching.compiling import Compiled, Ready
from centralcloud_patterns.matching.confidence import Voice, combined
from centralcloud_patterns.matching.firing import Hits, fire, fire_lit, seen_from
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType

_MAX_REASONS = 12
#: From this weight on, the package that an indicator names is the thing itself, and so is its version.
_HOME = 0.9
_REACHED = """
cache database event-store key-value-store message-broker message-queue monitoring object-storage search-engine
service-discovery streaming time-series-database vector-database
"""
#: What is reached over a connection: the packages that speak to it are drivers, and their versions are not its own.
_SERVED = frozenset(_REACHED.split())
#: Ways to build, which have no versions.
_WAYS = frozenset({PatternType.MICROSERVICE, PatternType.CODE})


class Heard(Struct, frozen=True):
    """What speaks for and against a pattern in one component."""

    pattern: Pattern
    facts: Facts
    component: str
    positive: list[tuple[Ready, Hit]]
    negative: list[tuple[Ready, Hit]]

    @property
    def voices(self) -> list[Voice]:
        """Return what speaks for it, as confidence weighs it."""
        return [voice(self.pattern, ready.indicator, hit, self.facts) for ready, hit in self.positive]

    @property
    def against(self) -> list[float]:
        """Return the weights of what speaks against it."""
        return [ready.indicator.weight for ready, _ in self.negative]


def matches_of(compiled: Compiled, facts: Facts) -> Iterator[Match]:
    """Yield the matches of one pattern, whatever their confidence."""
    return map(_match, heard_by(compiled, facts))


def heard_by(compiled: Compiled, facts: Facts) -> Iterator[Heard]:
    """Yield each component where something speaks for the pattern."""
    fired = [(ready, hits) for ready in _lit(compiled, facts) if (hits := fire_lit(ready.indicator, facts))]
    if not fired:
        return
    against = [(ready, hits) for ready in compiled.negative if (hits := fire(ready.indicator, ready.keys, facts))]
    for component in {component for _, hits in fired for component in hits}:
        yield Heard(compiled.pattern, facts, component, _seen(fired, component), _seen(against, component))


def _lit(compiled: Compiled, facts: Facts) -> list[Ready]:
    """Return the indicators that have a key in the evidence: most of a candidate's have none, and cost nothing."""
    keys, places, positive = facts.keys, compiled.places, compiled.positive
    lit = [] if compiled.keys.isdisjoint(keys) else [place for key in compiled.keys & keys for place in places[key]]
    if compiled.keyless:
        lit += [place for key in compiled.keyless if keys.may_have(key) for place in places[key]]
    if not lit:
        return []
    return [positive[lit[0]]] if len(lit) == 1 else [positive[place] for place in sorted(set(lit))]


def _seen(fired: list[tuple[Ready, Hits]], component: str) -> list[tuple[Ready, Hit]]:
    return [
        (ready, hit)
        for ready, hits in fired
        if (hit := seen_from(hits, component, ready.indicator.locality)) is not None
    ]


def _match(heard: Heard) -> Match:
    pattern, positive, negative = heard.pattern, heard.positive, heard.negative
    positive.sort(key=lambda item: -item[0].indicator.weight)
    version = _version(pattern, positive)
    reasons = [_reason(ready, hit, ready.indicator.weight) for ready, hit in positive[:_MAX_REASONS]]
    reasons += [_reason(ready, hit, -ready.indicator.weight) for ready, hit in negative[:_MAX_REASONS]]
    return Match(
        type=pattern.type,
        slug=pattern.slug,
        name=pattern.name,
        path=heard.component,
        confidence=combined(heard.voices, heard.against),
        level=positive[0][0].indicator.kind.value,
        revision=pattern.revision,
        category=pattern.category,
        version=version.version if version else None,
        version_source=version.version_source if version else None,
        reasons=tuple(reasons),
    )


def voice(pattern: Pattern, indicator: Indicator, hit: Hit, facts: Facts) -> Voice:
    """Return what an indicator of a pattern says where it fired; tools for testing are at home among tests."""
    about_tests = "test" in (pattern.category or "")
    return Voice(indicator.kind, indicator.weight, not about_tests and facts.among_tests(hit.file))


def _version(pattern: Pattern, positive: list[tuple[Ready, Hit]]) -> Hit | None:
    """Return the hit whose version speaks for the pattern: the strongest indicator's, exact before ranged."""
    driven = pattern.category in _SERVED
    versioned = [
        (ready.indicator, hit)
        for ready, hit in positive
        if hit.version and not (driven and _is_package(ready.indicator))
    ]
    if not versioned or pattern.type in _WAYS:
        return None
    if versioned[0][0].weight < _HOME:
        least = max((one.weight for one in pattern.indicators if _is_package(one)), default=0)
        versioned = [(one, hit) for one, hit in versioned if not _is_package(one) or one.weight >= min(least, _HOME)]
    strongest = [hit for one, hit in versioned if one.weight >= versioned[0][0].weight]
    return next((hit for hit in strongest if hit.exact), strongest[0] if strongest else None)


def _is_package(indicator: Indicator) -> bool:
    """Tell whether an indicator names a package, which may only come along and has a version of its own."""
    return indicator.kind is IndicatorKind.DEPENDENCY and indicator.ecosystem != "engine"


def _reason(ready: Ready, hit: Hit, weight: float) -> Reason:
    return Reason(ready.id, ready.indicator.kind.value, hit.file, hit.line, hit.detail, weight)
