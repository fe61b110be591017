"""Make one pattern of two, and two of one: an operator's word, or a scheduled job's.

What was merged stays in service as its survivor: the old names lead there, and so do learns. Only an operator undoes an
operator's merger; a job's is looked into again when an instance is revoked that had a say in it.
"""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from centralcloud_client.naming import normalise
from centralcloud_patterns.merging import (
    ADOPTED,
    CATALOGUE,
    KNOWN_AS,
    OPERATOR,
    WITHOUT,
    merge,
    ruled,
    stands_alone,
    unlearned,
)
from centralcloud_patterns.merging.rulings import RULINGS
from centralcloud_patterns.pattern import Pattern, Provenance
from models import mergers, pattern_writes, patterns
from services import pattern_writing
from services.curation import deriving, ruling, sources
from services.curation.ruling import Deed, Operator, RulingError, UnknownPatternError
from services.learning import identity, supporting
from services.pattern_writing import Draft, Retirement, Stored


def merge_patterns(operator: Operator, type_: str, gone: str, survivor: str, reason: str) -> Stored:
    """Make `gone` part of `survivor`, which answers to its names from now on."""

    def work(connection: Connection, deed: Deed) -> Stored:
        return join(connection, type_, gone, survivor, deed)

    return operator.do(work, reason)


def join(connection: Connection, type_: str, gone: str, survivor: str, deed: Deed, **detail: Any) -> Stored:
    """Merge two patterns in the caller's transaction: the survivor's revision first, then the retirement."""
    if gone == survivor:
        raise RulingError("a pattern cannot be merged with itself")
    ids = [row.id for row in patterns.by_slugs(connection, {(type_, gone), (type_, survivor)})]
    stored = {it.pattern.slug: it for members in deriving.locked(connection, ids) for it in members}
    left, stays = (_in_service(stored, type_, slug) for slug in (gone, survivor))
    if left.source == CATALOGUE:
        raise RulingError(f"{type_}/{gone} comes from the catalogue, which would bring it back")
    changed = msgspec.structs.replace(stays, pattern=_together(stays.pattern, left.pattern, deed))
    [source] = sources.read(connection, changed, [it for it in stored.values() if it.id != stays.id], [])
    draft = dataclasses.replace(deriving.draft(source, deed.policy), stored=stays)
    supporting.replace(connection, {stays.id: source.voices, left.id: {}})
    written = ruling.put(connection, draft, deed)
    [tombstone] = pattern_writing.retire(connection, [Retirement(left, survivor)], deed.at)
    mergers.repoint(connection, type_, [gone], survivor)
    ruling.note(connection, deed, "absorb", written, {"gone": gone, **detail})
    ruling.note(connection, deed, "merge", tombstone, {"into": survivor, **detail})
    return written


def hold(connection: Connection, pairs: Collection[tuple[str, str]]) -> None:
    """Lock patterns (type, slug) that are to be joined one after another: the first merger locks the feed's head."""
    ids = [row.id for row in patterns.by_slugs(connection, set(pairs))]
    pattern_writes.lock(connection, {*ids, *(row.id for row in mergers.families(connection, ids))})


def _in_service(stored: Mapping[str, Stored], type_: str, slug: str) -> Stored:
    if slug not in stored or stored[slug].retired:
        raise UnknownPatternError(f"no pattern {type_}/{slug} is in service")
    return stored[slug]


def _together(stays: Pattern, left: Pattern, deed: Deed) -> Pattern:
    """Return what is known of both without learns, under the names of both."""
    base = unlearned(left)
    if stands_alone(base):
        brought = tuple(it for it in base.provenance if it.field not in RULINGS)
        stays = merge(stays, msgspec.structs.replace(base, slug=stays.slug, provenance=brought))
    if taken := ruled(left, ADOPTED):
        stays = ruling.ruled_so(stays, ADOPTED, (*ruled(stays, ADOPTED), *taken), deed)
    return ruling.also_known_as(stays, [left.slug, left.name, *ruled(left, KNOWN_AS)], deed)


def _of(connection: Connection, stored: Stored) -> list[Stored]:
    """Return what was merged into a pattern before."""
    [family] = deriving.families(connection, [stored.id])
    return pattern_writing.lock(connection, [it.id for it in family[1:]]) if len(family) > 1 else []


def split(
    operator: Operator, type_: str, slug: str, name: str, *, indicators: Collection[str], reason: str
) -> tuple[Stored, Stored]:
    """Take a part of a pattern out of it under a name of its own; return what stays and the part.

    The part is what was once merged into it under that name, or is known by the indicators of these ids: they become
    the operator's own word there, and belong to the first no more.
    """
    part = identity.new_slug(name)

    def work(connection: Connection, deed: Deed) -> tuple[Stored, Stored]:
        # Names before patterns, as everybody takes them.
        identity.reserve(connection, [(type_, normalise(part))])
        stored = ruling.locked(connection, type_, slug)
        merged = [it for it in _of(connection, stored) if it.pattern.slug == part]
        if merged:
            return _apart(connection, stored, merged[0], deed)
        return _cut(connection, stored, part, name, indicators=indicators, deed=deed)

    return operator.do(work, reason)


def _apart(connection: Connection, stored: Stored, part: Stored, deed: Deed) -> tuple[Stored, Stored]:
    """Undo a merger: each has its own learns again."""
    pair = deriving.parted(connection, stored, part, deed.policy)
    supporting.replace(connection, {source.stored.id: source.voices for _draft, source in pair})
    stays, comes = (ruling.put(connection, draft, deed) for draft, _source in pair)
    ruling.note(connection, deed, "split", stays, {"part": part.pattern.slug})
    ruling.note(connection, deed, "restore", comes, {"from": stored.pattern.slug})
    return stays, comes


def _cut(
    connection: Connection, stored: Stored, slug: str, name: str, *, indicators: Collection[str], deed: Deed
) -> tuple[Stored, Stored]:
    """Make a pattern of some indicators of another."""
    known = stored.pattern
    moved = tuple(it for it in known.indicators if it.id in indicators)
    if strange := set(indicators) - {it.id for it in moved}:
        raise RulingError(f"{known.type}/{known.slug} has no indicator {min(strange)}")
    if not moved:
        raise RulingError("a part is known by at least one indicator, or was merged into the pattern before")
    pair = (known.type.value, normalise(slug))
    if pair in identity.find(connection, [pair], learned=False):
        raise RulingError(f"{known.type}/{slug} is known already")
    without = (*ruled(known, WITHOUT), *(f"indicators.{it.id}" for it in moved))
    stays = ruling.write(
        connection, stored, ruling.ruled_so(known, WITHOUT, without, deed), deed, "split", detail={"part": slug}
    )
    voice = Provenance(source=OPERATOR, at=deed.said_at)
    made = Pattern(type=known.type, slug=slug, name=name, indicators=moved, provenance=(voice,))
    standing = supporting.derived(made, supporting.Tally(), deed.policy)
    comes = ruling.put(connection, Draft(pattern=made, standing=standing, source=OPERATOR, stored=None), deed)
    ruling.note(connection, deed, "make", comes, {"from": known.slug})
    return stays, comes
