"""What was ruled about a pattern from above: its state, items that do not belong to it, learns that do not count.

Rulings travel in the provenance, each with what it says in `items`; of each kind the latest stands. They make no
pattern curated: what was learned stays learned. Who may rule is seen to elsewhere.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from centralcloud_patterns.pattern import Pattern, Provenance, State

#: The state that an operator gave the pattern.
STATE: Final = "state"
#: Keys of items (`indicators.<id>`) that do not belong to it, whoever says so.
WITHOUT: Final = "without"
#: Other names that the centre itself found to be its own, as they are written.
KNOWN_AS: Final = "known_as"
#: Stretches of the feed (`after-upto`) whose learns do not count: what a return to an earlier revision undid.
NOT_BETWEEN: Final = "not_between"
#: Indicators that were proposed and taken over, as `merging.adopted` writes them.
ADOPTED: Final = "adopted"
RULINGS: Final = frozenset({STATE, WITHOUT, KNOWN_AS, NOT_BETWEEN, ADOPTED})

Rulings = Mapping[str, Provenance]


def rulings(provenance: Iterable[Provenance]) -> dict[str, Provenance]:
    """Return the ruling of each kind that stands."""
    found: dict[str, Provenance] = {}
    for entry in provenance:
        if entry.field in RULINGS:
            stands(found, entry)
    return found


def stands(found: dict[str, Provenance], entry: Provenance) -> None:
    """Put a ruling in its place if it is later than what stands there."""
    assert entry.field is not None
    known = found.get(entry.field)
    if known is None or _order(known) < _order(entry):
        found[entry.field] = entry


def joined(one: Rulings, other: Rulings) -> list[Provenance]:
    """Return the rulings of both, those that stand."""
    if not one and not other:
        return []
    found = dict(one)
    for entry in other.values():
        stands(found, entry)
    return [found[kind] for kind in sorted(found)]


def ruled(pattern: Pattern, kind: str) -> tuple[str, ...]:
    """Return what a pattern's ruling of one kind says; nothing when there is none."""
    entry = rulings(pattern.provenance).get(kind)
    return entry.items if entry else ()


def ruled_state(pattern: Pattern) -> State | None:
    """Return the state that an operator gave a pattern, if one did."""
    said = ruled(pattern, STATE)
    return State(said[0]) if said else None


def _order(entry: Provenance) -> tuple[str, str, tuple[str, ...]]:
    return (entry.at or "", entry.source, entry.items)
