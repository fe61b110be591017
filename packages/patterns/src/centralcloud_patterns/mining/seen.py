"""What one detection leaves behind for mining: items, each a short text with its kind in front.

Owns kinds, spelling and bounds. Evidence is hostile: what no row can hold, or is too long to be a name, is left out.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Final

from msgspec import Struct

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Detection
from centralcloud_patterns.paths import basename_of, directory_of

#: A pattern counts as seen from this confidence on, whatever the asker wanted to be told.
SURE: Final = 0.5
_LONGEST: Final = 300


class Kind(StrEnum):
    """What an item speaks of."""

    #: A pattern that was found: `type/slug`.
    PATTERN = "pattern"
    #: An indicator of it that fired: `type/slug#indicator`.
    FIRED = "fired"
    #: A package that no pattern claims, as a purl.
    UNKNOWN = "unknown"
    #: A key that evidence yields: a package, an image, a file beside a manifest.
    FACT = "fact"
    #: Who looked.
    INSTANCE = "instance"
    #: The week in which it was first seen so: `2026-W07`.
    WEEK = "week"


#: Items of a kind that one detection leaves.
_MOST: Final = {Kind.PATTERN: 200, Kind.FIRED: 600, Kind.UNKNOWN: 300, Kind.FACT: 300}


class Seen(Struct, frozen=True):
    """The items of one detection, sorted, and those of them that are its pattern set."""

    items: tuple[str, ...]
    patterns: tuple[str, ...]


def item(kind: Kind, key: str) -> str:
    """Return an item as it is written."""
    return f"{kind.value}:{key}"


def seen_in(facts: Facts, detection: Detection) -> Seen:
    """Return what a detection over everything that is known saw."""
    sure = [hit for hit in detection.matches if hit.confidence >= SURE]
    patterns = _items(Kind.PATTERN, (f"{hit.type.value}/{hit.slug}" for hit in sure))
    fired = _items(
        Kind.FIRED,
        (
            f"{hit.type.value}/{hit.slug}#{reason.indicator}"
            for hit in detection.matches
            for reason in hit.reasons
            if reason.kind != "implied" and reason.weight >= 0
        ),
    )
    unknown = _items(Kind.UNKNOWN, (one.purl for one in detection.unknown))
    return Seen(tuple(sorted({*patterns, *fired, *unknown, *_items(Kind.FACT, _keys(facts))})), tuple(sorted(patterns)))


def _keys(facts: Facts) -> Iterator[str]:
    for dependency in facts.dependencies:
        if not dependency.local and dependency.scope != "tool":
            yield f"dep:{dependency.ecosystem}:{dependency.normal}"
    yield from (key for key in sorted(facts.keys) if key.startswith("image:"))
    components = frozenset(facts.components)
    yield from (f"file:{basename_of(path)}" for path in sorted(facts.files) if directory_of(path) in components)


def _items(kind: Kind, keys: Iterable[str]) -> set[str]:
    fit = dict.fromkeys(key for key in keys if len(key) <= _LONGEST and _can_be_kept(key))
    return {item(kind, key) for key in islice(fit, _MOST[kind])}


def _can_be_kept(key: str) -> bool:
    return "\0" not in key and not any("\ud800" <= sign <= "\udfff" for sign in key)
