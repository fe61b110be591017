"""Write what was found out: a new candidate, or more about one, in the caller's transaction.

The same locks in the same order as learning takes them: names, patterns, the feed's head. What is curated is never
touched, and nothing that is said by people gives way (`merging`).
"""

import datetime
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_client.naming import normalise
from centralcloud_patterns.merging import is_curated, merge
from centralcloud_patterns.pattern import Pattern, Support
from centralcloud_patterns.standing import standing
from models import findings
from services import pattern_writing
from services.findings.reach import within_reach
from services.learning import identity
from services.learning.identity import Pair, Target
from services.pattern_writing import Draft, SlugTakenError, Stored

#: Where a pattern first came from that nobody taught.
DISCOVERY: Final = "discovery"
#: Bytes of a document that findings never make it exceed.
_MAX_DOCUMENT: Final = 128 * 1024


def write_discovered(connection: Connection, contribution: Pattern, asked_name: str, at: datetime.datetime) -> Stored:
    """Create the candidate, or merge into the one of that name; return it as it is stored.

    The name that was asked for leads to it afterwards. Whoever answers to it by an alias by now, or is curated, is
    returned as it is. Raises SlugTakenError when the transaction must be run again.
    """
    said = _answering_to(contribution, asked_name)
    pairs = _pairs(said, asked_name)
    identity.reserve(connection, {*pairs, *_alias_pairs(said)})
    found = identity.find(connection, pairs)
    target = next((found[pair] for pair in pairs if pair in found and not found[pair].retired), None)
    retired = next((it for it in found.values() if it.retired and it.slug == said.slug), None)
    return _write(connection, said, target or retired, {key for _type, key in pairs}, at)


def write_enriched(connection: Connection, contribution: Pattern, at: datetime.datetime) -> Stored | None:
    """Merge into the live pattern of the contribution's slug; None when it is gone or has become curated."""
    identity.reserve(connection, _alias_pairs(contribution))
    pair = (contribution.type.value, normalise(contribution.slug))
    target = identity.find(connection, [pair]).get(pair)
    if target is None or target.retired or target.slug != contribution.slug:
        return None
    stored = _write(connection, contribution, target, {pair[1]}, at)
    return None if is_curated(stored.pattern) else stored


def _answering_to(said: Pattern, asked: str) -> Pattern:
    """Return a contribution that answers to the name asked for."""
    if normalise(asked) in {normalise(name) for name in (said.slug, said.name, *said.aliases)}:
        return said
    return merge(said, Pattern(type=said.type, slug=said.slug, name=said.name, aliases=(asked,)))


def _pairs(said: Pattern, asked: str) -> list[Pair]:
    """Return the names by which the pattern may be known by now, the most exact first."""
    keys = (key for key in map(normalise, (asked, said.slug, said.name)) if key)
    return list(dict.fromkeys((said.type.value, key) for key in keys))


def _alias_pairs(said: Pattern) -> list[Pair]:
    return [(said.type.value, key) for key in map(normalise, said.aliases) if key]


def _write(
    connection: Connection, said: Pattern, target: Target | None, names: Collection[str], at: datetime.datetime
) -> Stored:
    """Merge what is within reach into the target if it is known by one of the names itself, not by an alias."""
    ids = [] if target is None or target.id is None else [target.id]
    locked = pattern_writing.lock(connection, ids) if ids else []
    stored = locked[0] if locked else None
    if stored is not None and target is not None:
        if stored.retired != target.retired:
            raise SlugTakenError
        own = {normalise(stored.pattern.slug), normalise(stored.pattern.name)}
        if not stored.retired and (is_curated(stored.pattern) or not own & {*names}):
            return stored
        said = msgspec.structs.replace(said, slug=target.slug)
    said = within_reach(connection, said, ids)
    draft = _draft(said, stored)
    changed = stored is None or draft.changes
    now = pattern_writing.write(connection, [draft], at)[draft.name] if changed else stored
    assert now is not None
    # Whole: of the document, instances that say the same take their part over.
    findings.keep(connection, pattern_id=now.id, seq=now.seq, said=pattern_writing.encode(said).decode())
    return now


def _draft(said: Pattern, stored: Stored | None) -> Draft:
    alive = stored if stored and not stored.retired else None
    return Draft(
        pattern=_merged(alive.pattern if alive else None, said),
        standing=alive.standing if alive else standing(Support(), 0),
        source=alive.source if alive else DISCOVERY,
        stored=stored,
    )


def _merged(known: Pattern | None, said: Pattern) -> Pattern:
    """Merge, without the long texts of a finding where the document would grow too large."""
    together = merge(known or said, said)
    if len(pattern_writing.encode(together)) <= _MAX_DOCUMENT:
        return together
    slim = msgspec.structs.replace(said, examples=(), practices=(), pitfalls=())
    together = merge(known or slim, slim)
    return known if known and len(pattern_writing.encode(together)) > _MAX_DOCUMENT else together
