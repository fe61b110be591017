"""The collections of a pattern as sets of items with keys: which items two patterns have together.

Owns keys and bounds. An item said in several ways keeps the owner's way, or among equals the one of most weight: to say
again what somebody said, but weaker, takes nothing away. Bounds cut by key, never by order of arrival.
"""

import hashlib
from collections.abc import Callable, Mapping, Set
from typing import Any, Final

import msgspec
from msgspec import Struct

from centralcloud_patterns.pattern import Example, Indicator, Relation

MAX_INDICATORS: Final = 200
MAX_EXAMPLES: Final = 20
_LONGEST_PLAIN_KEY: Final = 64

_encode: Final = msgspec.json.Encoder(order="deterministic").encode


class Collection(Struct, frozen=True):
    """One field of a pattern that holds many items."""

    field: str
    key: Callable[[Any], str]
    #: Items that a pattern nobody curates may have.
    most: int
    #: Learned items that a curated pattern may have besides its own.
    most_learned: int


def _digest(item: object) -> str:
    return hashlib.sha256(_encode(item)).hexdigest()[:16]


def _text_key(item: str) -> str:
    return item if len(item) <= _LONGEST_PLAIN_KEY else _digest(item)


def _indicator_key(item: Indicator) -> str:
    return item.id or _digest(item)


def _example_key(item: Example) -> str:
    return _digest(item)


def _relation_key(item: Relation) -> str:
    return _text_key(f"{item.kind}:{item.type or ''}:{item.slug}")


def _command_key(item: tuple[str, str]) -> str:
    return _text_key(item[0])


#: The sum of `most_learned` leaves room for voices and words within MAX_PROVENANCE.
COLLECTIONS: Final = (
    Collection("aliases", _text_key, 50, 20),
    Collection("languages", _text_key, 30, 10),
    Collection("indicators", _indicator_key, MAX_INDICATORS, 50),
    Collection("relations", _relation_key, 50, 10),
    Collection("examples", _example_key, MAX_EXAMPLES, 10),
    Collection("practices", _text_key, 30, 10),
    Collection("pitfalls", _text_key, 30, 10),
    Collection("notes", _text_key, 30, 10),
    Collection("commands", _command_key, 32, 10),
)


class Items(Struct, frozen=True):
    """The items of one collection by key: a curated source's own, in its order, learned ones, and found ones."""

    owned: dict[str, Any]
    learned: dict[str, Any]
    found: dict[str, Any] = {}


def split(
    collection: Collection,
    items: tuple[Any, ...],
    *,
    curated: bool,
    marks: Set[str],
    found: Set[str] = frozenset(),
) -> Items:
    """Tell a pattern's own items from learned ones, and those from what a model or facts brought."""
    keyed = {collection.key(item): item for item in items}
    brought = {key: item for key, item in keyed.items() if key in found} if found else {}
    if not curated:
        return Items(
            {}, {key: item for key, item in keyed.items() if key not in brought} if brought else keyed, brought
        )
    marked = {key for key in keyed if f"{collection.field}.{key}" in marks}
    return Items(
        {key: item for key, item in keyed.items() if key not in marked and key not in brought},
        {key: item for key, item in keyed.items() if key in marked and key not in brought},
        brought,
    )


def join(collection: Collection, one: Items, other: Items, *, curated: bool, without: Set[str] = frozenset()) -> Items:
    """Return the items of both, within the bounds, but those that were ruled not to belong.

    What was said takes an item over from what was found, and a curated pattern needs nothing that was only found.
    """
    if without:
        one, other = _left(collection, one, without), _left(collection, other, without)
    owned = _join_owned(one.owned, other.owned)
    learned = _union(one.learned, other.learned)
    if owned:
        learned = {key: item for key, item in learned.items() if key not in owned}
    most = min(collection.most_learned, collection.most - len(owned)) if curated else collection.most
    learned = dict(sorted(learned.items())[: max(0, most)])
    if curated or not (one.found or other.found):
        return Items(owned, learned)
    found = {key: item for key, item in _union(one.found, other.found).items() if key not in learned}
    return Items(owned, learned, dict(sorted(found.items())[: max(0, most - len(learned))]))


def _left(collection: Collection, items: Items, without: Set[str]) -> Items:
    def kept(part: dict[str, Any]) -> dict[str, Any]:
        return {key: item for key, item in part.items() if f"{collection.field}.{key}" not in without}

    return Items(kept(items.owned), kept(items.learned), kept(items.found))


def _join_owned(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    if not other or one == other:
        return one
    if not one:
        return other
    return dict(sorted(_union(one, other).items()))


def _union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    together = dict(one)
    for key, item in other.items():
        known = together.setdefault(key, item)
        if known is not item and known != item:
            together[key] = min(known, item, key=_preference)
    return together


def _preference(item: Any) -> tuple[float, bytes]:
    return (-item.weight if isinstance(item, Indicator) else 0.0, _encode(item))
