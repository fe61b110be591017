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
    facts = {row.id: contradicted(_decoder.decode(row.document)) for row in rows}
    groups = deriving.locked(connection, [identity for identity, its in facts.items() if its])
    before = sources.past(connection, [it for members in groups for it in members])
    found = []
    for stands, *absorbed in groups:
        [source] = sources.read(connection, stands, absorbed, [], before)
        sides = tuple(it for it in contradictions(source.base, source.said) if it.fact in facts.get(stands.id, ()))
        if sides and not stands.retired:
            found.append(Disputed(stands.id, stands.pattern.type.value, stands.pattern.slug, sides))
    return found


def resolve(connection: Connection, found: Collection[Disputed], deed: Deed) -> int:
    """Derive anew the patterns where one side counts; return how many changed."""
    ids = [it.id for it in found if it.is_settled]
    return len(deriving.derive(connection, ids, deed.at, deed.policy).written) if ids else 0
