"""Indicators that an operator adopted from what was measured: whose they are, and how they come into a pattern.

The ruling `adopted` holds them whole, so they follow from it alone, whatever was learned. A curated source's own
indicator of the same id stands above an adopted one, and that above a learned or found one.
"""

from collections.abc import Iterable, Mapping, Set
from typing import Final

import msgspec
from msgspec import Struct

from centralcloud_patterns.merging.items import Items
from centralcloud_patterns.merging.rulings import ADOPTED, ruled
from centralcloud_patterns.pattern import Indicator, Pattern, Provenance

FIELD: Final = "indicators"
#: Indicators that one pattern may have so.
MAX_ADOPTED: Final = 20


class Adopted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One adopted indicator, when that was, and what was measured by then."""

    indicator: Indicator
    #: The fact that it checks, as evidence yields it.
    fact: str
    at: str
    codebases: int
    instances: int
    precision: float
    recall: float


_decode: Final = msgspec.json.Decoder(Adopted).decode
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def as_item(adopted: Adopted) -> str:
    """Return an adopted indicator as the ruling holds it."""
    return _encode(adopted).decode()


def adopted_by(pattern: Pattern) -> tuple[Adopted, ...]:
    """Return what an operator adopted for a pattern."""
    return tuple(_decode(item) for item in ruled(pattern, ADOPTED))


def of_rulings(entries: Iterable[Provenance]) -> dict[str, Adopted]:
    """Return adopted indicators by id."""
    items = (item for entry in entries if entry.field == ADOPTED for item in entry.items)
    return {it.indicator.id: it for it in map(_decode, items)}


def without_learned(joined: Items, adopted: Mapping[str, Adopted]) -> Items:
    """Return items without those in whose place adopted ones stand."""
    return Items(
        joined.owned,
        {key: item for key, item in joined.learned.items() if key not in adopted},
        {key: item for key, item in joined.found.items() if key not in adopted},
    )


def standing(adopted: Mapping[str, Adopted], owned: Mapping[str, Indicator], without: Set[str]) -> list[Adopted]:
    """Return those that come into the pattern, in order."""
    return [it for key, it in sorted(adopted.items()) if key not in owned and f"{FIELD}.{key}" not in without]


def as_provenance(adopted: Iterable[Adopted], source: str) -> list[Provenance]:
    """Return the entries that tell adopted indicators from the others."""
    return [Provenance(source=source, field=f"{FIELD}.{it.indicator.id}", at=it.at) for it in adopted]
