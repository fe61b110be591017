"""Who said what about a pattern, sorted out of its provenance and put back.

Five kinds of entries: voices (no field: one an instance), the speaker of each word (field `description` and the like),
marks (field `indicators.<id>` and the like) that tell the learned items of a curated pattern from its own, and those an
operator adopted from all others, findings
(field `indicators` and the like) that tell what was found out, by a model or from facts, from what was said, and
`rulings`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from centralcloud_patterns.merging.rulings import RULINGS, stands
from centralcloud_patterns.pattern import Provenance

CATALOGUE: Final = "catalogue"
OPERATOR: Final = "operator"
LEARN: Final = "learn"
#: What facts alone say, without anybody's judgement.
DERIVED: Final = "derived"
#: Sources whose word stands above what is learned.
CURATED_SOURCES: Final = frozenset({OPERATOR, CATALOGUE})
#: Everybody else is a model: its word stands below everybody's, and above what is only derived.
_RANKS: Final = {OPERATOR: 0, CATALOGUE: 1, LEARN: 2, DERIVED: 4}
_RANK_OF_MODELS: Final = 3
#: A date written with these digits sorts backwards.
_BACKWARDS: Final = str.maketrans("0123456789", "9876543210")

#: Fields with one value each: whoever spoke first, or is curated, is heard.
WORDS: Final = ("name", "category", "description", "homepage")
_WORDS: Final = frozenset(WORDS)
#: Voices that are kept by name, the first ones. `support` counts all; the document goes to every instance at each
#: change, so it stays small.
MAX_VOICES: Final = 8
#: Entries of a pattern's provenance, all kinds together.
MAX_PROVENANCE: Final = 200

#: Comes after every real claim: a word nobody is known to have said.
UNCLAIMED: Final = (9, "", "", "", "")
Order = tuple[int, str, str, str, str]
_Key = TypeVar("_Key")


def order(claim: Provenance) -> Order:
    """Return what claims are compared by: the better source first, then the earlier, of operators and models the later.

    A model that is asked again knows more than before, and an operator knows what was there; whoever learns second may
    only have copied.
    """
    rank = _RANKS.get(claim.source, _RANK_OF_MODELS)
    if 0 < rank < _RANK_OF_MODELS:
        return (rank, claim.at or "", claim.learn_id or "", claim.instance_id or "", claim.codebase_id or "")
    at = claim.at.translate(_BACKWARDS) if claim.at else "~"
    return (rank, at, claim.call_id or "", claim.source, claim.template or "")


class Finding(Struct, frozen=True):
    """What one call, or the facts alone, brought to one collection: whose it is, and the keys of the items."""

    claim: Provenance
    keys: frozenset[str]


class Claims(Struct):
    """The provenance of one pattern, sorted out."""

    voices: dict[tuple[str, str | None], Provenance]
    words: dict[str, Provenance]
    marks: set[str]
    #: Marks of an operator's.
    adopted: set[str]
    #: By collection.
    findings: dict[str, Finding]
    #: By kind.
    rulings: dict[str, Provenance]
    curated: bool


def sort_out(provenance: Iterable[Provenance]) -> Claims:
    """Read a pattern's provenance."""
    voices: dict[tuple[str, str | None], Provenance] = {}
    words: dict[str, Provenance] = {}
    marks: set[str] = set()
    adopted: set[str] = set()
    findings: dict[str, Finding] = {}
    rulings: dict[str, Provenance] = {}
    curated = False
    for entry in provenance:
        field = entry.field
        if field is None:
            _keep_first(voices, (entry.source, entry.instance_id), entry)
            curated = curated or entry.source in CURATED_SOURCES
        elif field in WORDS:
            _keep_first(words, field, entry)
        elif field in RULINGS:
            stands(rulings, entry)
        elif "." not in field:
            said = Finding(msgspec.structs.replace(entry, items=()), frozenset(entry.items))
            findings[field] = better_finding(findings.get(field), said) or said
        elif entry.source == OPERATOR:
            adopted.add(field)
        else:
            marks.add(field)
    return Claims(voices, words, marks, adopted, findings, rulings, curated)


def better_finding(one: Finding | None, other: Finding | None) -> Finding | None:
    """Return the finding that stands: the better claim's whole, so that a later answer replaces an earlier one."""
    if one is None or other is None:
        return one or other
    mine, theirs = order(one.claim), order(other.claim)
    if mine == theirs:
        return Finding(one.claim, one.keys | other.keys)
    return one if mine < theirs else other


def join_voices(
    one: Mapping[tuple[str, str | None], Provenance],
    other: Mapping[tuple[str, str | None], Provenance],
    *,
    curated: bool = False,
) -> list[Provenance]:
    """Return each speaker's first claim, the first MAX_VOICES of them in order; no model's for a curated pattern."""
    voices = dict(one)
    for key, entry in other.items():
        _keep_first(voices, key, entry)
    if curated:
        voices = {key: entry for key, entry in voices.items() if _RANKS.get(key[0], _RANK_OF_MODELS) <= _RANKS[LEARN]}
    return sorted(voices.values(), key=order)[:MAX_VOICES]


def adds_nothing(known: Iterable[Provenance], said: Iterable[Provenance], differing: Collection[str]) -> bool:
    """Tell whether claims leave the known ones, a merge's result, as they are; `differing` words have two values.

    May say no where they would; patterns that are curated are not looked into.
    """
    voices: dict[str | None, Provenance] = {}
    words: dict[str, Provenance] = {}
    for entry in known:
        if entry.source in CURATED_SOURCES:
            return False
        if entry.field in _WORDS:
            words[entry.field] = entry
        elif entry.field is None and entry.source == LEARN:
            voices[entry.instance_id] = latest = entry
        # Findings are the caller's concern, and voices of models come last: they are no bar to an instance's.
    for entry in said:
        if entry.source != LEARN:
            return False
        first = voices.get(entry.instance_id) if entry.field is None else words.get(entry.field)
        if first is not None:
            before = order(first)
            if order(entry) < before or (entry.field in differing and order(entry) == before):
                return False
        elif entry.field is not None or len(voices) < MAX_VOICES or order(entry) <= order(latest):
            return False
    return words.keys() >= set(differing)


def marks_as_provenance(marks: Iterable[str]) -> list[Provenance]:
    """Return marks as entries of provenance."""
    return [Provenance(source=LEARN, field=mark) for mark in sorted(marks)]


def finding_as_provenance(finding: Finding, keys: Collection[str]) -> Provenance:
    """Return what is left of a finding as an entry of provenance."""
    return msgspec.structs.replace(finding.claim, items=tuple(sorted(keys)))


def _keep_first(entries: dict[_Key, Provenance], key: _Key, entry: Provenance) -> None:
    known = entries.setdefault(key, entry)
    if known is not entry and order(entry) < order(known):
        entries[key] = entry
