"""Where one indicator fires, by component; groups and locality included."""

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.registry import RULES
from centralcloud_patterns.indicators.rules import Hit
from centralcloud_patterns.keying import keys_of_indicator
from centralcloud_patterns.keyless import is_keyless
from centralcloud_patterns.paths import ancestors
from centralcloud_patterns.pattern import Indicator, IndicatorKind

Hits = dict[str, Hit]

_MAX_DEPTH = 8
_NONE: Hits = {}


def fire(indicator: Indicator, keys: frozenset[str], facts: Facts) -> Hits:
    """Return the first hit in each component where the indicator fires; exact versions go first."""
    return fire_lit(indicator, facts) if is_lit(keys, facts) else _NONE


def is_lit(keys: frozenset[str], facts: Facts) -> bool:
    """Tell whether the evidence has one of the keys; an expression counts unless it was tried in vain."""
    if not keys.isdisjoint(facts.keys):
        return True
    return any(facts.keys.may_have(key) for key in keys if is_keyless(key))


def fire_lit(indicator: Indicator, facts: Facts) -> Hits:
    """Do as `fire` for an indicator that has a key in the evidence."""
    if indicator.kind is IndicatorKind.GROUP:
        return _fire_group(indicator, facts, 0)
    hits: Hits = {}
    for hit in RULES[indicator.kind].hits(indicator, facts):
        held = hits.get(hit.component)
        if held is None or (hit.exact and not held.exact):
            hits[hit.component] = hit
    return hits


def seen_from(hits: Hits, component: str, locality: str) -> Hit | None:
    """Return the hit that counts for a component: its own, one above it where that is allowed, or any."""
    own = hits.get(component)
    if own is not None or locality == "same" or not hits:
        return own
    for above in ancestors(component):
        if above in hits:
            return hits[above]
    return next(iter(hits.values())) if locality == "anywhere" else None


def _fire_group(group: Indicator, facts: Facts, depth: int) -> Hits:
    """Fire where all of `all`, one of `any` and none of `none` are seen, and one of them is the component's own."""
    if depth > _MAX_DEPTH:
        return _NONE
    needed = [(member.locality, _member(member, facts, depth)) for member in group.all]
    if any(not hits for _, hits in needed):
        return _NONE
    either = [(member.locality, _member(member, facts, depth)) for member in group.any]
    if group.any and not any(hits for _, hits in either):
        return _NONE
    refused = [(member.locality, _member(member, facts, depth)) for member in group.none]
    fired: Hits = {}
    for component in {component for _, hits in (*needed, *either) for component in hits}:
        seen = [seen_from(hits, component, locality) for locality, hits in needed]
        one = next((hit for locality, hits in either if (hit := seen_from(hits, component, locality))), None)
        if all(seen) and (one or not group.any) and not any(seen_from(hits, component, at) for at, hits in refused):
            shown = next((hit for hit in (*seen, one) if hit and hit.component == component), None)
            if shown:
                fired[component] = shown
    return fired


def _member(member: Indicator, facts: Facts, depth: int) -> Hits:
    if member.kind is IndicatorKind.GROUP:
        return _fire_group(member, facts, depth + 1)
    return fire(member, keys_of_indicator(member), facts)
