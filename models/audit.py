"""The audit trail: what operators and scheduled jobs did to patterns and instances, and why; rows are never changed.

What instances say is in `models.learns`, what came of it in `models.feed`.
"""

import datetime
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Index, func, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows


class AuditRow(Base):
    """One deed."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_type_slug", "type", "slug"),
        {"comment": "what operators and scheduled jobs did, and why"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="counts on")
    at: Mapped[datetime.datetime] = mapped_column(comment="when it was done")
    actor: Mapped[str] = mapped_column(comment="operator:NAME, or the job")
    action: Mapped[str] = mapped_column(comment="promote, merge, revoke and the like")
    type: Mapped[str] = mapped_column(comment="pattern type; empty where no pattern is meant")
    slug: Mapped[str] = mapped_column(comment="pattern slug, or the instance")
    seq: Mapped[int | None] = mapped_column(comment="the feed's number of the change it made")
    revision: Mapped[int | None] = mapped_column(comment="the pattern's revision after it")
    reason: Mapped[str] = mapped_column(comment="why, in the actor's words")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="what else is to be known of it")


#: What operators do about proposed indicators, with the facts in the detail; the later deed counts.
DECLINE: Final = "decline"
RECONSIDER: Final = "reconsider"

#: Jobs note in a merger's row whose sightings it rests on.
_MERGED_ON_SIGHT: Final = text("""
SELECT DISTINCT patterns.id FROM audit
JOIN patterns ON patterns.type = audit.type AND patterns.slug = audit.slug
WHERE action = 'merge' AND jsonb_exists(detail->'instances', :instance_id) AND merged_into IS NOT NULL
ORDER BY patterns.id
""")


def append(
    connection: Connection,
    *,
    at: datetime.datetime,
    actor: str,
    action: str,
    type_: str,
    slug: str,
    reason: str,
    seq: int | None = None,
    revision: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note one deed, in the transaction that does it."""
    connection.execute(
        insert(AuditRow).values(
            at=at,
            actor=actor,
            action=action,
            type=type_,
            slug=slug,
            seq=seq,
            revision=revision,
            reason=reason,
            detail=dict(detail or {}),
        )
    )


def of(connection: Connection, type_: str, slug: str, limit: int) -> Rows:
    """Read what was done to one pattern, the latest first; all columns."""
    query = select(AuditRow.__table__).where(AuditRow.type == type_, AuditRow.slug == slug)
    return connection.execute(query.order_by(AuditRow.id.desc()).limit(limit)).all()


def last_retirements(connection: Connection, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the feed's last number before patterns were taken out of service, by type and slug, where they were."""
    query = select(AuditRow.type, AuditRow.slug, func.max(AuditRow.seq).label("seq")).where(
        tuple_(AuditRow.type, AuditRow.slug).in_(names), AuditRow.action == "retire", AuditRow.seq.is_not(None)
    )
    rows = connection.execute(query.group_by(AuditRow.type, AuditRow.slug))
    return {(row.type, row.slug): row.seq for row in rows}


def declined(connection: Connection) -> set[tuple[str, str, str]]:
    """Return the proposed indicators that operators declined, and did not reconsider since: type, slug and fact."""
    query = select(AuditRow.type, AuditRow.slug, AuditRow.action, AuditRow.detail["facts"].label("facts"))
    found: set[tuple[str, str, str]] = set()
    for row in connection.execute(query.where(AuditRow.action.in_([DECLINE, RECONSIDER])).order_by(AuditRow.id)):
        facts = {(row.type, row.slug, fact) for fact in row.facts}
        found = found | facts if row.action == DECLINE else found - facts
    return found


def splits(connection: Connection) -> list[tuple[str, str, str]]:
    """Return what operators made two of: type, slug, and the slug of the part."""
    part = AuditRow.detail["part"].astext
    query = select(AuditRow.type, AuditRow.slug, part).where(AuditRow.action == "split", part.is_not(None))
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def merged_on_sight_of(connection: Connection, instance_id: str) -> list[int]:
    """Return the ids of patterns into which a scheduled job merged others because this instance, too, saw both."""
    return list(connection.execute(_MERGED_ON_SIGHT, {"instance_id": instance_id}).scalars())


def last_mergers(connection: Connection, type_: str, slugs: list[str]) -> dict[str, str]:
    """Return who merged these patterns last, by slug."""
    query = (
        select(AuditRow.slug, AuditRow.actor)
        .where(AuditRow.type == type_, AuditRow.slug.in_(slugs), AuditRow.action == "merge")
        .order_by(AuditRow.id)
    )
    return {row.slug: row.actor for row in connection.execute(query)}
