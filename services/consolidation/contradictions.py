"""Find patterns with indicators that contradict each other, and have them follow from all that was said again.

Which side counts is the core's word (`merging.contradictions`); equals stay side by side, and are told.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.merging.contradictions import Contradiction, contradicted, contradictions
from centralcloud_patterns.pattern import Pattern
from models import upkeep
from services import pattern_writing
from services.curation import deriving, sources
from services.curation.ruling import Deed

#: Patterns that are looked into in one run.
MOST: Final = 5_000

_decoder: Final = msgspec.json.Decoder(Pattern)


@dataclass(frozen=True, slots=True)
class Disputed:
    """A pattern whose indicators contradict each other, and what instances say about it."""

    id: int
    type: str
    slug: str
    sides: tuple[Contradiction, ...]

    @property
    def is_settled(self) -> bool:
        """Whether one side counts somewhere, so that the other has to go."""
        return any(it.stands is not None for it in self.sides)


def find(connection: Connection) -> list[Disputed]:
    """List the patterns in service that contradict themselves; locks them until the transaction ends."""
    rows = upkeep.with_against(connection, MOST)
    known = {row.id: contradicted(_decoder.decode(row.document)) for row in rows}
    return [it for identity, facts in known.items() if facts and (it := _looked_into(connection, identity, facts))]


def resolve(connection: Connection, found: Collection[Disputed], deed: Deed) -> int:
    """Derive anew the patterns where one side counts; return how many changed."""
    ids = [it.id for it in found if it.is_settled]
    return len(deriving.derive(connection, ids, deed.at, deed.policy).written) if ids else 0


def _looked_into(connection: Connection, identity: int, facts: Collection[str]) -> Disputed | None:
    members = [row.id for family in deriving.families(connection, [identity]) for row in family]
    stored = {it.id: it for it in pattern_writing.lock(connection, members)}
    root = stored.pop(identity, None)
    if root is None or root.retired:
        return None
    [source] = sources.read(connection, root, list(stored.values()), [])
    sides = tuple(it for it in contradictions(source.base, source.said) if it.fact in facts)
    return Disputed(identity, root.pattern.type.value, root.pattern.slug, sides) if sides else None
