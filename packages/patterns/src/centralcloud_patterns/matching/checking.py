"""One pattern against the facts: a match for each component where it fired."""

from collections.abc import Iterator

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Match, Reason
from centralcloud_patterns.indicators.rules import Hit
from centralcloud_patterns.matching.compiling import Compiled, Ready
from centralcloud_patterns.matching.confidence import combined
from centralcloud_patterns.matching.firing import Hits, fire, seen_from

_MAX_REASONS = 12


def matches_of(compiled: Compiled, facts: Facts) -> Iterator[Match]:
    """Yield the matches of one pattern, whatever their confidence."""
    fired = _fired(compiled.positive, facts)
    if not fired:
        return
    against = _fired(compiled.negative, facts)
    for component in {component for _, hits in fired for component in hits}:
        yield _match(compiled, component, _seen(fired, component), _seen(against, component))


def _fired(indicators: tuple[Ready, ...], facts: Facts) -> list[tuple[Ready, Hits]]:
    keys = facts.keys
    # Most indicators of a candidate have no key in the evidence: they are passed over before anything is called.
    keyed = [ready for ready in indicators if not ready.keys.isdisjoint(keys)]
    return [(ready, hits) for ready in keyed if (hits := fire(ready.indicator, ready.keys, facts))]


def _seen(fired: list[tuple[Ready, Hits]], component: str) -> list[tuple[Ready, Hit]]:
    return [
        (ready, hit)
        for ready, hits in fired
        if (hit := seen_from(hits, component, ready.indicator.locality)) is not None
    ]


def _match(
    compiled: Compiled, component: str, positive: list[tuple[Ready, Hit]], negative: list[tuple[Ready, Hit]]
) -> Match:
    pattern = compiled.pattern
    positive.sort(key=lambda item: -item[0].indicator.weight)
    version = _version(positive)
    reasons = [_reason(ready, hit, ready.indicator.weight) for ready, hit in positive[:_MAX_REASONS]]
    reasons += [_reason(ready, hit, -ready.indicator.weight) for ready, hit in negative[:_MAX_REASONS]]
    return Match(
        type=pattern.type,
        slug=pattern.slug,
        name=pattern.name,
        path=component,
        confidence=combined(
            (ready.indicator.weight for ready, _ in positive), (ready.indicator.weight for ready, _ in negative)
        ),
        level=positive[0][0].indicator.kind.value,
        revision=pattern.revision,
        category=pattern.category,
        version=version.version if version else None,
        version_source=version.version_source if version else None,
        reasons=tuple(reasons),
    )


def _version(positive: list[tuple[Ready, Hit]]) -> Hit | None:
    """Return the hit whose version speaks for the pattern: the strongest indicator's, exact before ranged."""
    versioned = [(ready.indicator.weight, hit) for ready, hit in positive if hit.version]
    if not versioned:
        return None
    strongest = [hit for weight, hit in versioned if weight >= versioned[0][0]]
    return next((hit for hit in strongest if hit.exact), strongest[0])


def _reason(ready: Ready, hit: Hit, weight: float) -> Reason:
    return Reason(ready.id, ready.indicator.kind.value, hit.file, hit.line, hit.detail, weight)
