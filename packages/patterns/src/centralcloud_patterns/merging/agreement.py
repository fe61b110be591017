"""What of all that was said of one pattern counts: everything while it is a claim, later only what enough agree upon.

A pattern that is believed is used everywhere at once, so no single instance may change it: each item and each word must
come from as many independent instances as it takes to make a claim active. All functions here depend on the set of what
was said, never on its order.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from centralcloud_patterns.merging import claims, join, rulings
from centralcloud_patterns.merging.claims import LEARN, WORDS
from centralcloud_patterns.merging.items import COLLECTIONS
from centralcloud_patterns.pattern import Pattern, Provenance

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
#: What instances are credited with in the order they came: to have spoken at all, and each word.
_CREDITED: Final = frozenset({None, *WORDS})
#: A field and what was said in it.
Statement = tuple[str, bytes]


def hear(known: Pattern, said: Pattern) -> Pattern:
    """Add the voice of a learn to a pattern, and nothing else of it; the same object where the voice is no news."""
    voice = next(entry for entry in said.provenance if entry.field is None)
    voices = {(entry.source, entry.instance_id): entry for entry in known.provenance if entry.field is None}
    mine = claims.order(voice)
    first = voices.get((voice.source, voice.instance_id))
    if first is not None and claims.order(first) <= mine:
        return known
    if first is None and len(voices) >= claims.MAX_VOICES and all(claims.order(it) < mine for it in voices.values()):
        return known
    return join.merge(known, Pattern(type=known.type, slug=known.slug, name=known.name, provenance=(voice,)))


def is_novel(known: Pattern, said: Pattern) -> bool:
    """Tell whether a learn says anything that a pattern does not have in the very same way, or said it before others.

    Where it does not, `hear` gives what all learns together give.
    """
    for collection in COLLECTIONS:
        theirs = getattr(said, collection.field)
        mine = getattr(known, collection.field)
        if theirs and theirs != mine:
            have = mine.items() if isinstance(mine, dict) else mine
            if any(item not in have for item in _listed(theirs)):
                return True
    if any((value := getattr(said, word)) and value != getattr(known, word) for word in WORDS):
        return True
    return _came_before(known, said)


def supporters(said: Iterable[Pattern]) -> dict[Statement, set[str]]:
    """Return who says what: the instances behind each item and each word, kept side by side where they differ."""
    found: dict[Statement, set[str]] = {}
    for one in said:
        speaker = _speaker(one)
        for statement in _statements(one):
            found.setdefault(statement, set()).add(speaker)
    return found


def agreed(base: Pattern, said: Sequence[Pattern], least: int) -> list[Pattern]:
    """Return learns without what fewer than `least` instances say; their voices stay.

    Where nobody vouches for the pattern and no indicator is agreed upon, the first learn's items count; where no value
    of a word is, the first learn's.
    """
    if least <= 1 or not said:
        return list(said)
    enough = {statement for statement, who in supporters(said).items() if len(who) >= least}
    founder = (
        None if join.is_curated(base) else min(said, key=lambda one: (claims.order(one.provenance[0]), _encode(one)))
    )
    has_indicator = any(field == "indicators" for field, _value in enough)
    settled_words = {field for field, _value in enough if field in WORDS}
    counted = []
    for one in said:
        first = one is founder
        words = {word for word in WORDS if first and word not in settled_words}
        counted.append(_reduced(one, enough, whole=first and not has_indicator, words=words))
    return counted


def unlearned(pattern: Pattern, *, before: str | None = None) -> Pattern:
    """Return what is known of a pattern without any learn: curated, ruled and found out.

    What was found out at `before` or later may come from a learn that counts no more, and is left out.
    """
    sorted_out = claims.sort_out(pattern.provenance)
    findings = {field: it for field, it in sorted_out.findings.items() if _is_before(it.claim, before)}
    fields: dict[str, Any] = {"name": pattern.name}
    provenance = [it for it in sorted_out.voices.values() if it.source != LEARN and _is_before(it, before)]
    for word in WORDS:
        claim = sorted_out.words.get(word)
        if claim is None and sorted_out.curated:
            fields[word] = getattr(pattern, word)
        elif claim is not None and claim.source != LEARN and _is_before(claim, before):
            fields[word] = getattr(pattern, word)
            provenance.append(claim)
    for collection in COLLECTIONS:
        parts = join.split(collection, pattern, sorted_out)
        found = parts.found if collection.field in findings else {}
        fields[collection.field] = join.as_field(collection, msgspec.structs.replace(parts, learned={}, found=found))
        if found:
            provenance.append(claims.finding_as_provenance(findings[collection.field], found))
    fields["aliases"] = tuple(dict.fromkeys((*fields["aliases"], *rulings.ruled(pattern, rulings.KNOWN_AS))))
    provenance.extend(rulings.joined(sorted_out.rulings, {}))
    return Pattern(type=pattern.type, slug=pattern.slug, provenance=tuple(provenance), **fields)


def learned_names(pattern: Pattern) -> set[str]:
    """Return the name and the aliases that a pattern has from instances alone."""
    sorted_out = claims.sort_out(pattern.provenance)
    aliases = next(collection for collection in COLLECTIONS if collection.field == "aliases")
    names = set(join.split(aliases, pattern, sorted_out).learned.values())
    claim = sorted_out.words.get("name")
    if claim is not None and claim.source == LEARN:
        names.add(pattern.name)
    return names - set(rulings.ruled(pattern, rulings.KNOWN_AS))


def stands_alone(base: Pattern) -> bool:
    """Tell whether somebody besides instances says that there is such a pattern."""
    return any(entry.field is None for entry in base.provenance) or any(
        entry.field not in rulings.RULINGS and entry.items for entry in base.provenance
    )


def _reduced(one: Pattern, enough: set[Statement], *, whole: bool, words: set[str]) -> Pattern:
    fields: dict[str, Any] = {}
    for collection in COLLECTIONS:
        value = getattr(one, collection.field)
        if value and not whole:
            kept = [item for item in _listed(value) if (collection.field, _encode(item)) in enough]
            fields[collection.field] = dict(kept) if isinstance(value, dict) else tuple(kept)
    heard = {
        word for word in WORDS if (value := getattr(one, word)) and (word in words or (word, value.encode()) in enough)
    }
    for word in WORDS:
        if word != "name" and word not in heard:
            fields[word] = None
    # A name without its speaker gives way to every other.
    fields["provenance"] = tuple(it for it in one.provenance if it.field is None or it.field in heard)
    return msgspec.structs.replace(one, **fields)


def _statements(one: Pattern) -> set[Statement]:
    found = {
        (collection.field, _encode(item))
        for collection in COLLECTIONS
        if (value := getattr(one, collection.field))
        for item in _listed(value)
    }
    found.update((word, value.encode()) for word in WORDS if (value := getattr(one, word)))
    return found


def _came_before(known: Pattern, said: Pattern) -> bool:
    """Tell whether a learn is earlier than the first voice of a pattern, or than who is credited with one of its words.

    It comes late where it was delivered again; of two that came in the same moment either may be applied first.
    """
    mine = {entry.field: entry for entry in said.provenance}
    is_first = True
    for entry in known.provenance:
        if entry.source != LEARN or entry.field not in _CREDITED:
            continue
        rival = mine.get(entry.field)
        if entry.field is None:
            rival, is_first = (rival if is_first else None), False
        if rival is not None and (rival.at or "") <= (entry.at or "") and claims.order(rival) < claims.order(entry):
            return True
    return False


def _listed(value: Any) -> Iterable[Any]:
    return value.items() if isinstance(value, dict) else value


def _speaker(one: Pattern) -> str:
    return one.provenance[0].instance_id or ""


def _is_before(claim: Provenance, before: str | None) -> bool:
    if claim.source in claims.CURATED_SOURCES:
        return True
    return before is None or (claim.at is not None and claim.at < before)
