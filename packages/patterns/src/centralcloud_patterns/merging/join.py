"""The merge itself: two patterns of one identity become one.

Works on what describes a pattern. State, confidence, support, revision and seq are derived or counted elsewhere, and
are left at their defaults in every result.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from centralcloud_patterns.merging import adopted, claims, items, rulings
from centralcloud_patterns.merging.adopted import Adopted
from centralcloud_patterns.merging.claims import CATALOGUE, CURATED_SOURCES, OPERATOR, WORDS, Claims, Finding, Order
from centralcloud_patterns.merging.items import COLLECTIONS, Collection, Items
from centralcloud_patterns.pattern import Pattern, Provenance, State, Support

_NOTHING: Final = Items({}, {})
_COLLECTED: Final = tuple(collection.field for collection in COLLECTIONS)


class _Side(Struct):
    """One of two patterns, with who says what of it."""

    pattern: Pattern
    claims: Claims


class _Frame(Struct, frozen=True):
    """What was decided for both sides before their items are joined."""

    curated: bool
    #: Keys of items that do not belong to the pattern.
    without: frozenset[str]
    #: By id of the indicator.
    adopted: dict[str, Adopted]


class _Joined(Struct, frozen=True):
    """What both sides have of one collection, and who is to be named for it."""

    value: Any
    findings: list[Provenance] = []
    marks: list[Provenance] = []


def merge(one: Pattern, other: Pattern) -> Pattern:
    """Return what both say together; raise ValueError when they are not one pattern."""
    if (one.type, one.slug) != (other.type, other.slug):
        raise ValueError(f"{one.type}/{one.slug} and {other.type}/{other.slug} are two patterns")
    mine, theirs = (_Side(it, claims.sort_out(it.provenance)) for it in (one, other))
    ruled = rulings.joined(mine.claims.rulings, theirs.claims.rulings)
    frame = _Frame(mine.claims.curated or theirs.claims.curated, _excluded(ruled), adopted.of_rulings(ruled))
    provenance = claims.join_voices(mine.claims.voices, theirs.claims.voices, curated=frame.curated)
    fields: dict[str, Any] = {}
    for word in WORDS:
        fields[word], claim = _word(word, mine, theirs)
        if claim is not None:
            provenance.append(claim)
    marks: list[Provenance] = []
    for collection in COLLECTIONS:
        if (joined := _collection(collection, mine, theirs, frame)) is not None:
            fields[collection.field] = joined.value
            provenance += joined.findings
            marks += joined.marks
    return Pattern(type=one.type, slug=one.slug, provenance=(*provenance, *marks, *ruled), **fields)


def _collection(collection: Collection, mine: _Side, theirs: _Side, frame: _Frame) -> _Joined | None:
    """Return what both have of a collection; None where that is nothing."""
    field = collection.field
    of_mine, of_theirs = getattr(mine.pattern, field), getattr(theirs.pattern, field)
    found = claims.better_finding(mine.claims.findings.get(field), theirs.claims.findings.get(field))
    taken = frame.adopted if field == adopted.FIELD else {}
    if not of_mine and not of_theirs and found is None and not taken:
        return None
    plain = not frame.curated and found is None and not frame.without
    if field == adopted.FIELD:
        plain = plain and not taken and not mine.claims.adopted and not theirs.claims.adopted
    said = of_mine or of_theirs
    if plain and (of_mine == of_theirs or not of_mine or not of_theirs) and len(said or ()) <= collection.most:
        # What all learns say alike needs no work; most do.
        return _Joined(said)
    joined = items.join(
        collection,
        split(collection, mine.pattern, mine.claims, found),
        split(collection, theirs.pattern, theirs.claims, found),
        curated=frame.curated,
        without=frame.without,
    )
    joined = adopted.without_learned(joined, taken) if taken else joined
    stands = adopted.standing(taken, joined.owned, frame.without)
    learned = [f"{field}.{key}" for key in joined.learned] if frame.curated else []
    return _Joined(
        as_field(collection, joined, (it.indicator for it in stands)),
        [claims.finding_as_provenance(found, joined.found)] if found is not None and not frame.curated else [],
        [*claims.marks_as_provenance(learned), *adopted.as_provenance(stands, OPERATOR)],
    )


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


def _word(word: str, one: _Side, other: _Side) -> tuple[str | None, Provenance | None]:
    """Return the value that is heard, and whose it is where that must be told."""
    mine, theirs = getattr(one.pattern, word), getattr(other.pattern, word)
    if not theirs:
        return mine or None, one.claims.words.get(word) if mine else None
    if not mine:
        return theirs, other.claims.words.get(word)
    heard = min(_said(word, mine, one.claims), _said(word, theirs, other.claims), key=lambda said: said[:2])
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
    listed: tuple[Any, ...] = tuple(value.items()) if isinstance(value, dict) else value
    if sorted_out.adopted and collection.field == adopted.FIELD:
        # They follow from the ruling, not from what has them already.
        listed = tuple(it for it in listed if f"{adopted.FIELD}.{it.id}" not in sorted_out.adopted)
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


def as_field(collection: Collection, joined: Items, further: Iterable[Any] = ()) -> Any:
    """Return items as a pattern's field holds them."""
    together = (*joined.owned.values(), *joined.learned.values(), *joined.found.values(), *further)
    return dict(together) if collection.field == "commands" else together
