"""Patterns that are to be derived anew from what was said of them: one row a pattern that is due.

Whoever changes what a pattern follows from, and does not follow it up at once, leaves a row; `services.curation` works
them off. What a pattern follows from is read by `models.learns`.
"""

import datetime
from collections.abc import Collection

from sqlalchemy import Connection, ForeignKey, Index, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows


class DerivationRow(Base):
    """One pattern that is due."""

    __tablename__ = "derivations"
    __table_args__ = (
        Index("ix_derivations_due_at", "due_at"),
        {"comment": "patterns to be derived anew from what was said of them"},
    )

    pattern_id: Mapped[int] = mapped_column(
        ForeignKey("patterns.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, comment="which one"
    )
    due_at: Mapped[datetime.datetime] = mapped_column(comment="not before")
    reason: Mapped[str] = mapped_column(comment="taught, or revoked: then mergers are looked into again")


#: Who is due already stays so: what is put off must not be put off for ever. A revocation outdoes the rest.
_WANT = text("""
INSERT INTO derivations (pattern_id, due_at, reason)
SELECT id, :due_at, :reason FROM unnest(CAST(:ids AS bigint[])) AS wanted(id) ORDER BY id
ON CONFLICT (pattern_id) DO UPDATE SET
  due_at = least(derivations.due_at, excluded.due_at), reason = least(derivations.reason, excluded.reason)
WHERE derivations.due_at > excluded.due_at OR derivations.reason > excluded.reason
""")


#: Tells the time that stands, since learns rely on it.
_NOTE = text("""
WITH noted AS (
  INSERT INTO derivations (pattern_id, due_at, reason)
  SELECT id, :due_at, :reason FROM unnest(CAST(:ids AS bigint[])) AS wanted(id) ORDER BY id
  ON CONFLICT (pattern_id) DO NOTHING RETURNING pattern_id, due_at
)
SELECT pattern_id, due_at FROM noted
UNION ALL SELECT pattern_id, due_at FROM derivations WHERE pattern_id = ANY(CAST(:ids AS bigint[]))
""")


def note(
    connection: Connection, ids: Collection[int], due_at: datetime.datetime, reason: str
) -> dict[int, datetime.datetime]:
    """Note patterns as due unless they are so already, sooner or later; return when each is due.

    Waits for nobody who is about to derive one of them: whoever holds the pattern's lock cannot wait in a ring.
    """
    rows = connection.execute(_NOTE, {"ids": list(ids), "due_at": due_at, "reason": reason})
    return {row.pattern_id: row.due_at for row in rows}


def want(connection: Connection, ids: Collection[int], due_at: datetime.datetime, reason: str) -> None:
    """Note patterns as due by then, or sooner where they are so already."""
    if ids:
        connection.execute(_WANT, {"ids": list(ids), "due_at": due_at, "reason": reason})


def take(connection: Connection, now: datetime.datetime, limit: int, ids: Collection[int] | None = None) -> Rows:
    """Lock what is due, all or of these patterns, the longest first, passing over what others work on.

    Columns pattern_id, reason.
    """
    query = select(DerivationRow.pattern_id, DerivationRow.reason).where(DerivationRow.due_at <= now)
    if ids is not None:
        query = query.where(DerivationRow.pattern_id.in_(ids))
    query = query.order_by(DerivationRow.due_at, DerivationRow.pattern_id).limit(limit)
    return connection.execute(query.with_for_update(skip_locked=True)).all()


def done(connection: Connection, ids: Collection[int]) -> None:
    """Strike patterns off that were derived in this transaction."""
    connection.execute(delete(DerivationRow).where(DerivationRow.pattern_id.in_(ids)))


def put_off(connection: Connection, pattern_id: int, due_at: datetime.datetime) -> None:
    """Let a pattern that could not be derived wait."""
    connection.execute(update(DerivationRow).where(DerivationRow.pattern_id == pattern_id).values(due_at=due_at))


def count(connection: Connection, reason: str | None = None, by: datetime.datetime | None = None) -> int:
    """Count what is due, now or later; or what is due by then."""
    query = select(func.count()).select_from(DerivationRow)
    if reason is not None:
        query = query.where(DerivationRow.reason == reason)
    if by is not None:
        query = query.where(DerivationRow.due_at <= by)
    return int(connection.execute(query).scalar_one())
