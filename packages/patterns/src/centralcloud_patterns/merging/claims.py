"""Who said what about a pattern, sorted out of its provenance and put back.

Three kinds of entries: voices (no field: one an instance), the speaker of each word (field `description` and the like),
and marks (field `indicators.<id>` and the like) that tell the learned items of a curated pattern from its own.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeVar

from msgspec import Struct

from centralcloud_patterns.pattern import Provenance

CATALOGUE: Final = "catalogue"
OPERATOR: Final = "operator"
LEARN: Final = "learn"
#: Sources whose word stands above what is learned.
CURATED_SOURCES: Final = frozenset({OPERATOR, CATALOGUE})
_RANKS: Final = {OPERATOR: 0, CATALOGUE: 1, LEARN: 2}
_RANK_OF_OTHERS: Final = 3

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
    """Return what claims are compared by: the better source first, then the earlier one."""
    rank = _RANKS.get(claim.source, _RANK_OF_OTHERS)
    return (rank, claim.at or "", claim.learn_id or "", claim.instance_id or "", claim.codebase_id or "")


class Claims(Struct):
    """The provenance of one pattern, sorted out."""

    voices: dict[tuple[str, str | None], Provenance]
    words: dict[str, Provenance]
    marks: set[str]
    curated: bool


def sort_out(provenance: Iterable[Provenance]) -> Claims:
    """Read a pattern's provenance."""
    voices: dict[tuple[str, str | None], Provenance] = {}
    words: dict[str, Provenance] = {}
    marks: set[str] = set()
    curated = False
    for entry in provenance:
        field = entry.field
        if field is None:
            _keep_first(voices, (entry.source, entry.instance_id), entry)
            curated = curated or entry.source in CURATED_SOURCES
        elif field in WORDS:
            _keep_first(words, field, entry)
        else:
            marks.add(field)
    return Claims(voices, words, marks, curated)


def join_voices(
    one: Mapping[tuple[str, str | None], Provenance], other: Mapping[tuple[str, str | None], Provenance]
) -> list[Provenance]:
    """Return each speaker's first claim, the first MAX_VOICES of them in order."""
    voices = dict(one)
    for key, entry in other.items():
        _keep_first(voices, key, entry)
    return sorted(voices.values(), key=order)[:MAX_VOICES]


def adds_nothing(known: Iterable[Provenance], said: Iterable[Provenance], differing: Collection[str]) -> bool:
    """Tell whether claims leave the known ones, a merge's result, as they are; `differing` words have two values.

    May say no where they would; patterns that are curated are not looked into.
    """
    voices: dict[str | None, Provenance] = {}
    words: dict[str, Provenance] = {}
    for entry in known:
        if entry.source != LEARN:
            return False
        if entry.field is None:
            voices[entry.instance_id] = latest = entry
        else:
            words[entry.field] = entry
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
    return words.keys() <= _WORDS and words.keys() >= set(differing)


def marks_as_provenance(marks: Iterable[str]) -> list[Provenance]:
    """Return marks as entries of provenance."""
    return [Provenance(source=LEARN, field=mark) for mark in sorted(marks)]


def _keep_first(entries: dict[_Key, Provenance], key: _Key, entry: Provenance) -> None:
    known = entries.setdefault(key, entry)
    if known is not entry and order(entry) < order(known):
        entries[key] = entry
