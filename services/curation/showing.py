"""What operators see of patterns: lists, one with everything that is said of it and by how many, and its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Engine

from centralcloud_patterns.merging import Adopted, adopted_by, supporters
from centralcloud_patterns.pattern import Pattern
from centralcloud_patterns.standing import Policy, agreement
from models import audit, listing, patterns, revisions
from models.base import Rows
from services.curation import deriving, sources
from services.curation.ruling import UnknownPatternError
from services.learning import supporting
from services.pattern_writing import Stored

_decoder: Final = msgspec.json.Decoder(Pattern)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that instances say of a pattern: in which field, how many, and whether the pattern has it."""

    field: str
    value: Any
    instances: int
    counts: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One pattern with what stands behind it."""

    stored: Stored
    document: Pattern
    #: Rungs of the consensus ladder it has climbed, of how many.
    agreement: int
    rungs: int
    rejecting: int
    said: Sequence[Said]
    #: Slugs of what was merged into it.
    absorbed: Sequence[str]
    #: Indicators that an operator took over from what was measured.
    adopted: Sequence[Adopted]


@dataclass(frozen=True, slots=True)
class Change:
    """One revision, with what an operator or a job did where somebody did."""

    seq: int
    at: Any
    revision: int | None
    op: str
    state: str
    confidence: float | None
    instances: int | None
    action: str = ""
    actor: str = ""
    reason: str = ""


def ls(
    database: Engine, *, type_: str | None, states: Sequence[str], source: str | None, retired: bool, limit: int
) -> Rows:
    """List patterns, the latest change first."""
    with database.connect() as connection:
        return listing.listed(connection, type_=type_, states=states, source=source, retired=retired, limit=limit)


def show(database: Engine, type_: str, slug: str, policy: Policy) -> Shown:
    """Return a pattern, retired or not, with everything that is said of it, agreed upon or not."""
    with database.begin() as connection:
        rows = patterns.by_slugs(connection, {(type_, slug)})
        if not rows:
            raise UnknownPatternError(f"there is no pattern {type_}/{slug}")
        members = {it.id: it for family in deriving.locked(connection, [rows[0].id]) for it in family}
        stored = members.pop(rows[0].id)
        absorbed = [] if stored.retired else list(members.values())
        [source] = sources.read(connection, stored, absorbed, [])
    return Shown(
        stored=stored,
        document=_decoder.decode(rows[0].document),
        agreement=agreement(stored.standing, policy),
        rungs=len(policy.ladder),
        rejecting=supporting.count(source.voices).rejecting,
        said=_said(source.said, stored.pattern),
        absorbed=[it.pattern.slug for it in absorbed],
        adopted=adopted_by(stored.pattern),
    )


def _said(said: Sequence[Pattern], known: Pattern) -> list[Said]:
    has = supporters([known]) if known.provenance else {}
    found = [
        Said(field, _value(value), len(who), (field, value) in has) for (field, value), who in supporters(said).items()
    ]
    return sorted(found, key=lambda it: (it.field, -it.instances, str(it.value)))


def _value(encoded: bytes) -> Any:
    try:
        return msgspec.json.decode(encoded)
    except msgspec.DecodeError:
        return encoded.decode()


def history(database: Engine, type_: str, slug: str, limit: int) -> list[Change]:
    """Return a pattern's revisions that are still kept, the latest first, with the deeds behind them."""
    with database.connect() as connection:
        rows = revisions.history(connection, type_, slug, limit)
        deeds = {row.seq: row for row in audit.of(connection, type_, slug, limit) if row.seq is not None}
    if not rows:
        raise UnknownPatternError(f"there is no pattern {type_}/{slug}")
    return [_change(row, deeds.get(row.seq)) for row in rows]


def _change(row: Any, deed: Any) -> Change:
    done = {} if deed is None else {"action": deed.action, "actor": deed.actor, "reason": deed.reason}
    if row.op != "upsert":
        revision = None if deed is None else deed.revision
        return Change(row.seq, row.at, revision, row.op, "", None, None, **done)
    document = _decoder.decode(row.body)
    return Change(
        row.seq,
        row.at,
        document.revision,
        row.op,
        document.state.value,
        document.confidence,
        document.support.instances,
        **done,
    )
