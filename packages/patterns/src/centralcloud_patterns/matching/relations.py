"""What matches say about each other: some are damped, some dropped, implied ones added, lesser ones marked.

Order: requires, excludes, implies, supersedes. A relation without a type speaks of the slug in any type.
"""

from msgspec.structs import replace

from centralcloud_patterns.detection import Match, Reason
from centralcloud_patterns.matching.calibration import FITTED
from centralcloud_patterns.matching.confidence import UNMET_REQUIREMENT
from centralcloud_patterns.paths import ancestors
from centralcloud_patterns.pattern import Pattern, Relation

Identity = tuple[str, str]
Place = tuple[str, str, str]


class Known:
    """The given patterns by identity and by slug."""

    def __init__(self, by_identity: dict[Identity, Pattern]) -> None:
        self.by_identity = by_identity
        self.by_slug: dict[str, list[Pattern]] = {}
        for pattern in self.by_identity.values():
            self.by_slug.setdefault(pattern.slug, []).append(pattern)

    def of(self, match: Match) -> Pattern:
        """Return the pattern of a match."""
        return self.by_identity[(match.type.value, match.slug)]

    def targets(self, relation: Relation) -> list[Pattern]:
        """Return the given patterns a relation points at."""
        found = self.by_slug.get(relation.slug, [])
        return [pattern for pattern in found if relation.type in {None, pattern.type}]


def _relations(pattern: Pattern, kind: str) -> list[Relation]:
    return [relation for relation in pattern.relations if relation.kind == kind] if pattern.relations else []


def _speaks_of(relation: Relation, match: Match) -> bool:
    return relation.slug == match.slug and relation.type in {None, match.type}


def with_requirements(matches: list[Match], known: Known) -> list[Match]:
    """Damp the matches whose required patterns are nowhere among the matches."""
    there = {(match.slug, type_) for match in matches for type_ in (match.type, None)}
    return [
        match
        if all((relation.slug, relation.type) in there for relation in _relations(known.of(match), "requires"))
        else replace(match, confidence=match.confidence * UNMET_REQUIREMENT)
        for match in matches
    ]


def without_excluded(matches: list[Match], known: Known) -> list[Match]:
    """Where one match of a component excludes another, drop the less sure; when equal, the excluded one."""
    excluded: set[int] = set()
    at: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        at.setdefault((match.path, match.slug), []).append(match)
    for match in matches:
        for relation in _relations(known.of(match), "excludes"):
            for other in at.get((match.path, relation.slug), ()):
                if _speaks_of(relation, other) and other is not match:
                    excluded.add(id(other if match.confidence >= other.confidence else match))
    return [match for match in matches if id(match) not in excluded]


def with_implied(matches: list[Match], known: Known) -> list[Match]:
    """Add what the matches imply, as far as it is among the given patterns; never lowers a confidence."""
    found: dict[Place, Match] = {(match.path, match.type.value, match.slug): match for match in matches}
    waiting = list(matches)
    while waiting:
        match = waiting.pop()
        for relation in _relations(known.of(match), "implies"):
            for pattern in known.targets(relation):
                place = (match.path, pattern.type.value, pattern.slug)
                implied = _implied(match, pattern, found.get(place))
                if implied is not None:
                    found[place] = implied
                    waiting.append(implied)
    return list(found.values())


def _implied(match: Match, pattern: Pattern, held: Match | None) -> Match | None:
    """Return the match that an implication makes or raises; None when it adds nothing."""
    confidence = match.confidence * FITTED.implication
    place = match.reasons[0] if match.reasons else None
    reason = Reason(
        f"implied-by:{match.slug}",
        "implied",
        place.file if place else None,
        place.line if place else None,
        f"implied by {match.name}",
        round(confidence, 4),
    )
    if held is None:
        return Match(
            type=pattern.type,
            slug=pattern.slug,
            name=pattern.name,
            path=match.path,
            confidence=confidence,
            level="implied",
            revision=pattern.revision,
            category=pattern.category,
            reasons=(reason,),
        )
    # The margin ends the rounds of patterns that imply each other.
    if confidence <= held.confidence + 1e-6:
        return None
    return replace(held, confidence=confidence, reasons=(*held.reasons, reason))


def with_superseded(matches: list[Match], known: Known) -> list[Match]:
    """Mark matches that another match of the same component, or of one above it, says more than."""
    # By place, too: of thousands of components each has its own superseder, and all those of the others.
    at: dict[tuple[str, str], list[tuple[Match, Relation]]] = {}
    for match in matches:
        for relation in _lesser(known.of(match), known):
            at.setdefault((match.path, relation.slug), []).append((match, relation))
    return [_marked(match, at) for match in matches]


def _marked(match: Match, at: dict[tuple[str, str], list[tuple[Match, Relation]]]) -> Match:
    fitting = [
        other
        for path in ancestors(match.path)
        for other, relation in at.get((path, match.slug), ())
        if _speaks_of(relation, match) and (other.slug, other.type) != (match.slug, match.type)
    ]
    if not fitting:
        return match
    best = max(fitting, key=lambda other: (len(other.path), other.confidence, other.slug))
    return replace(match, superseded_by=best.slug)


def _lesser(pattern: Pattern, known: Known) -> list[Relation]:
    """Return what a pattern supersedes, and what that supersedes in turn."""
    found: dict[tuple[str, str | None], Relation] = {}
    waiting = _relations(pattern, "supersedes")
    while waiting:
        relation = waiting.pop()
        key = (relation.slug, relation.type)
        if key not in found:
            found[key] = relation
            for target in known.targets(relation):
                waiting += _relations(target, "supersedes")
    return list(found.values())
