"""Revisions of patterns that the feed no longer holds: the latest few of each, kept when the feed is compacted.

What operators look at and go back to. The feed itself is `models.feed`'s.
"""

import datetime
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import INLINE, Base, Rows

#: Revisions kept of each pattern, besides those in the feed.
KEPT: Final = 20


class RevisionRow(Base):
    """One revision that was compacted away."""

    __tablename__ = "pattern_revisions"
    __table_args__ = (
        {
            "comment": "the latest revisions of each pattern that the feed no longer holds",
            "postgresql_with": {"toast_tuple_target": INLINE},
        },
    )

    type: Mapped[str] = mapped_column(primary_key=True, comment="pattern type")
    slug: Mapped[str] = mapped_column(primary_key=True, comment="pattern slug")
    seq: Mapped[int] = mapped_column(primary_key=True, comment="the feed's number of the change")
    at: Mapped[datetime.datetime] = mapped_column(comment="when the change was made")
    op: Mapped[str] = mapped_column(comment="upsert or retire")
    body: Mapped[str] = mapped_column(comment="the pattern as JSON text, as it was sent")


_KEEP = text("""
INSERT INTO pattern_revisions (type, slug, seq, at, op, body)
SELECT type, slug, seq, at, op, body FROM (
  SELECT *, row_number() OVER (PARTITION BY type, slug ORDER BY seq DESC) AS age FROM feed
  WHERE kind = 'pattern' AND seq <= :below AND EXISTS (
    SELECT 1 FROM feed AS later WHERE later.kind = feed.kind AND later.type = feed.type AND later.slug = feed.slug
      AND later.seq > feed.seq
  )
) AS obsolete
WHERE age <= :kept
ON CONFLICT DO NOTHING
""")
_PRUNE = text("""
DELETE FROM pattern_revisions USING (
  SELECT type, slug, seq, row_number() OVER (PARTITION BY type, slug ORDER BY seq DESC) AS age FROM pattern_revisions
) AS aged
WHERE aged.age > :kept AND pattern_revisions.type = aged.type AND pattern_revisions.slug = aged.slug
  AND pattern_revisions.seq = aged.seq
""")
_HISTORY = text("""
SELECT seq, at, op, body FROM feed WHERE kind = 'pattern' AND type = :type AND slug = :slug
UNION
SELECT seq, at, op, body FROM pattern_revisions WHERE type = :type AND slug = :slug
ORDER BY seq DESC LIMIT :limit
""")


def keep(connection: Connection, below: int) -> None:
    """Keep the latest of what a compaction up to `below` is about to delete."""
    if connection.execute(_KEEP, {"below": below, "kept": KEPT}).rowcount:
        connection.execute(_PRUNE, {"kept": KEPT})


def history(connection: Connection, type_: str, slug: str, limit: int) -> Rows:
    """Read a pattern's revisions, the latest first: columns seq, at, op, body."""
    return connection.execute(_HISTORY, {"type": type_, "slug": slug, "limit": limit}).all()
