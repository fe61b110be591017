"""The merge itself: two patterns of one identity become one.

Works on what describes a pattern. State, confidence, support, revision and seq are derived or counted elsewhere, and
are left at their defaults in every result.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from centralcloud_patterns.merging import claims, items, rulings
from centralcloud_patterns.merging.claims import CATALOGUE, CURATED_SOURCES, WORDS, Claims, Finding, Order
from centralcloud_patterns.merging.items import COLLECTIONS, Collection, Items
from centralcloud_patterns.pattern import Pattern, Provenance, State, Support

_NOTHING: Final = Items({}, {})
_COLLECTED: Final = tuple(collection.field for collection in COLLECTIONS)


def merge(one: Pattern, other: Pattern) -> Pattern:
    """Return what both say together; raise ValueError when they are not one pattern."""
    if (one.type, one.slug) != (other.type, other.slug):
        raise ValueError(f"{one.type}/{one.slug} and {other.type}/{other.slug} are two patterns")
    claims_of_one, claims_of_other = claims.sort_out(one.provenance), claims.sort_out(other.provenance)
    curated = claims_of_one.curated or claims_of_other.curated
    fields: dict[str, Any] = {}
    provenance = claims.join_voices(claims_of_one.voices, claims_of_other.voices, curated=curated)
    for word in WORDS:
        value, claim = _word(word, (one, claims_of_one), (other, claims_of_other))
        fields[word] = value
        if claim is not None:
            provenance.append(claim)
    ruled = rulings.joined(claims_of_one.rulings, claims_of_other.rulings)
    without = _excluded(ruled)
    marks: list[str] = []
    for collection in COLLECTIONS:
        mine, theirs = getattr(one, collection.field), getattr(other, collection.field)
        found = claims.better_finding(
            claims_of_one.findings.get(collection.field), claims_of_other.findings.get(collection.field)
        )
        if not mine and not theirs and found is None:
            continue
        plain = not curated and found is None and not without
        if plain and (mine == theirs or not mine or not theirs) and len(mine or theirs) <= collection.most:
            # What all learns say alike needs no work; most do.
            fields[collection.field] = mine or theirs
            continue
        joined = items.join(
            collection,
            split(collection, one, claims_of_one, found),
            split(collection, other, claims_of_other, found),
            curated=curated,
            without=without,
        )
        fields[collection.field] = as_field(collection, joined)
        if curated:
            marks.extend(f"{collection.field}.{key}" for key in joined.learned)
        elif found is not None:
            provenance.append(claims.finding_as_provenance(found, joined.found))
    provenance.extend(claims.marks_as_provenance(marks))
    provenance.extend(ruled)
    return Pattern(type=one.type, slug=one.slug, provenance=tuple(provenance), **fields)


def absorb(known: Pattern, said: Pattern) -> Pattern:
    """Return merge(known, said) for a `known` that is itself a merge's result: the same object if nothing is new."""
    return known if _is_old_news(known, said) else merge(known, said)


def described(pattern: Pattern) -> Pattern:
    """Return a pattern without what is derived or counted."""
    return msgspec.structs.replace(pattern, state=State.CANDIDATE, confidence=0.0, support=Support(), revision=0, seq=0)


def is_curated(pattern: Pattern) -> bool:
    """Tell whether a curated source vouches for the pattern as a whole."""
    return any(entry.field is None and entry.source in CURATED_SOURCES for entry in pattern.provenance)


def without_curated(pattern: Pattern) -> Pattern:
    """Return what only learns say of a pattern; its name stays in any case."""
    sorted_out = claims.sort_out(pattern.provenance)
    if not sorted_out.curated:
        return described(pattern)
    fields: dict[str, Any] = {"name": pattern.name}
    for collection in COLLECTIONS:
        learned = split(collection, pattern, sorted_out).learned
        fields[collection.field] = as_field(collection, Items({}, learned))
    # What an operator ruled, and called it, outlives a catalogue.
    spoken = {word: claim for word, claim in sorted_out.words.items() if claim.source != CATALOGUE}
    fields.update({word: getattr(pattern, word) for word in spoken})
    voices = {key: voice for key, voice in sorted_out.voices.items() if voice.source not in CURATED_SOURCES}
    words = (spoken[word] for word in WORDS if word in spoken)
    provenance = (*claims.join_voices(voices, {}), *words, *rulings.joined(sorted_out.rulings, {}))
    return Pattern(type=pattern.type, slug=pattern.slug, provenance=provenance, **fields)


def _is_old_news(known: Pattern, said: Pattern) -> bool:
    """Tell whether a merge would give `known` again; may say no where it would. Most learns repeat what is known."""
    if (known.type, known.slug) != (said.type, said.slug):
        return False
    #: Collections with found items, which a learn may take over.
    found = {entry.field for entry in known.provenance if entry.field in _COLLECTED}
    for field in _COLLECTED:
        theirs = getattr(said, field)
        if theirs and (theirs != getattr(known, field) or field in found):
            return False
    differing = []
    for word in WORDS:
        mine, theirs = getattr(known, word), getattr(said, word)
        if theirs and theirs != mine:
            if not mine:
                return False
            differing.append(word)
    return claims.adds_nothing(known.provenance, said.provenance, differing)


def _word(
    word: str, one: tuple[Pattern, Claims], other: tuple[Pattern, Claims]
) -> tuple[str | None, Provenance | None]:
    """Return the value that is heard, and whose it is where that must be told."""
    mine, theirs = getattr(one[0], word), getattr(other[0], word)
    if not theirs:
        return mine or None, one[1].words.get(word) if mine else None
    if not mine:
        return theirs, other[1].words.get(word)
    heard = min(_said(word, mine, one[1]), _said(word, theirs, other[1]), key=lambda said: said[:2])
    return heard[1:]


def _said(word: str, value: str, sorted_out: Claims) -> tuple[Order, str, Provenance | None]:
    claim = sorted_out.words.get(word)
    if claim is not None:
        return claims.order(claim), value, claim
    if sorted_out.curated:
        # A curated pattern's own words carry no entry of their own: the best of its voices said them.
        return min(claims.order(voice) for voice in sorted_out.voices.values()), value, None
    return claims.UNCLAIMED, value, None


def _excluded(ruled: Iterable[Provenance]) -> frozenset[str]:
    return frozenset(key for entry in ruled if entry.field == rulings.WITHOUT for key in entry.items)


def split(collection: Collection, pattern: Pattern, sorted_out: Claims, best: Finding | None = None) -> Items:
    """Sort out the items of a collection; found ones that do not belong to the best finding are left out."""
    value = getattr(pattern, collection.field)
    if not value:
        return _NOTHING
    listed = tuple(value.items()) if isinstance(value, dict) else value
    finding = sorted_out.findings.get(collection.field)
    parts = items.split(
        collection,
        listed,
        curated=sorted_out.curated,
        marks=sorted_out.marks,
        found=finding.keys if finding else frozenset(),
    )
    outdone = finding is not None and best is not None and claims.order(finding.claim) != claims.order(best.claim)
    return msgspec.structs.replace(parts, found={}) if outdone else parts


def as_field(collection: Collection, joined: Items) -> Any:
    """Return items as a pattern's field holds them."""
    together = (*joined.owned.values(), *joined.learned.values(), *joined.found.values())
    return dict(together) if collection.field == "commands" else together
