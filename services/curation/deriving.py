"""Derive patterns as a whole from what they follow from: document, support and standing, in the caller's transaction.

The same sources always give the same pattern, whatever happened in between. What nobody speaks for any more is taken
out of service. Locks are taken as learning takes them: patterns in one order, then the feed's head.
"""

import dataclasses
import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.merging import agreed, hear, merge
from centralcloud_patterns.merging.contradictions import consistent
from centralcloud_patterns.pattern import Pattern, State
from centralcloud_patterns.standing import Policy
from models import audit, mergers
from models.base import AnyRow
from services import pattern_writing
from services.curation import sources
from services.curation.sources import Sources
from services.learning import limiting, supporting
from services.pattern_writing import MINED, Draft, Retirement, Stored

#: Who decides on mergers that nothing but an operator undoes begins so.
OPERATOR: Final = "operator:"


@dataclass(slots=True)
class Derived:
    """What became of patterns that were looked into."""

    written: list[Stored] = field(default_factory=list)
    retired: list[Stored] = field(default_factory=list)
    looked_at: int = 0
    learns: int = 0


def derive(
    connection: Connection,
    ids: Collection[int],
    at: datetime.datetime,
    policy: Policy,
    *,
    reopened: Collection[int] = (),
) -> Derived:
    """Bring patterns in line with what they follow from.

    What scheduled jobs merged into the `reopened` is taken apart again: they will find out anew whether it belongs.
    """
    groups = locked(connection, {*ids, *reopened})
    before = sources.past(connection, [it for members in groups for it in members])
    found: list[Sources] = []
    for stands, *absorbed in groups:
        apart = _apart(connection, absorbed) if any(it.id in reopened for it in (stands, *absorbed)) else set()
        found += sources.read(
            connection,
            stands,
            [it for it in absorbed if it.pattern.slug not in apart],
            [it for it in absorbed if it.pattern.slug in apart],
            before,
        )
    return _write(connection, found, at, policy)


def draft(source: Sources, policy: Policy) -> Draft:
    """Return a pattern as its sources make it."""
    tally = supporting.count(source.voices)
    if source.stored.source == MINED:
        heard = reduce(hear, source.said, merge(source.base, source.base))
        standing = supporting.measured(source.stored, source.base, tally.rejecting, policy)
        return Draft(heard, standing, MINED, source.stored)
    standing = supporting.derived(source.base, tally, policy)
    return Draft(together(source, standing.state, policy), standing, source.stored.source, source.stored)


def redrafted(
    connection: Connection,
    stored: Stored,
    changed: Pattern,
    policy: Policy,
) -> tuple[Draft, Sources]:
    """Return a pattern as it follows from its learns once what is known without them is changed so."""
    members = [it.id for family in families(connection, [stored.id]) for it in family[1:]]
    its = pattern_writing.lock(connection, members) if members else []
    [source] = sources.read(connection, msgspec.structs.replace(stored, pattern=changed), its, [])
    made = draft(source, policy)
    return dataclasses.replace(made, stored=stored), source


def parted(connection: Connection, stored: Stored, part: Stored, policy: Policy) -> list[tuple[Draft, Sources]]:
    """Return a pattern and what was merged into it as two again, each with its own learns."""
    members = [it.id for family in families(connection, [stored.id]) for it in family[1:] if it.id != part.id]
    absorbed = pattern_writing.lock(connection, members) if members else []
    found = sources.read(connection, stored, absorbed, [part])
    return [
        (dataclasses.replace(draft(source, policy), stored=was), source)
        for source, was in zip(found, (stored, part), strict=True)
    ]


def together(source: Sources, state: State, policy: Policy) -> Pattern:
    """Merge what counts of all that was said: everything of a claim, what is agreed upon of more."""
    least = 1 if state is State.CANDIDATE else policy.active_instances
    counted = consistent(source.base, agreed(source.base, source.said, least))
    return limiting.merged(merge(source.base, source.base), counted)


def _write(connection: Connection, found: Sequence[Sources], at: datetime.datetime, policy: Policy) -> Derived:
    gone = [it for it in found if it.is_nothing]
    drafts = [draft(it, policy) for it in found if not it.is_nothing]
    supporting.replace(connection, {it.stored.id: it.voices for it in found})
    written = pattern_writing.write(connection, [it for it in drafts if it.changes], at)
    retired = [it.stored for it in gone if not it.stored.retired]
    pattern_writing.retire(connection, [Retirement(it) for it in retired], at)
    return Derived([*written.values()], retired, len(found), sum(len(it.said) for it in found))


def locked(connection: Connection, ids: Collection[int]) -> list[list[Stored]]:
    """Lock patterns with all that was merged into them; return each that stands, followed by those.

    All of them in one order. Whoever was merging one of them has ended by then, so they are looked up once more: what
    was merged meanwhile is not what it was.
    """
    held: dict[int, Stored] = {}
    groups = families(connection, ids)
    while wanted := {it.id for members in groups for it in members} - held.keys():
        held |= {it.id: it for it in pattern_writing.lock(connection, wanted)}
        groups = families(connection, ids)
    return [[held[it.id] for it in members] for members in groups]


def families(connection: Connection, ids: Collection[int]) -> list[list[AnyRow]]:
    """Return each pattern that stands, followed by what was merged into it."""
    found: dict[int, list[AnyRow]] = {}
    for row in mergers.families(connection, ids):
        members = found.setdefault(row.root, [])
        members.insert(0, row) if row.id == row.root else members.append(row)
    return list(found.values())


def _apart(connection: Connection, absorbed: Sequence[Stored]) -> set[str]:
    """Return the slugs of what scheduled jobs merged."""
    if not absorbed:
        return set()
    slugs = [it.pattern.slug for it in absorbed]
    mergers = audit.last_mergers(connection, absorbed[0].pattern.type.value, slugs)
    return {slug for slug, actor in mergers.items() if not actor.startswith(OPERATOR)}
