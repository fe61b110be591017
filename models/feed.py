"""The feed: one gapless order of all changes, written in the same transaction as the change.

Owns seq and epoch. Publishing the feed to NATS is `services.publishing`; reading pages of it for instances is
`services.syncing`.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import CheckConstraint, Connection, Index, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from models.base import INLINE, Base
from models.copying import copy


class FeedHeadRow(Base):
    """The one row that numbers changes; locking it puts commits in the order of seq."""

    __tablename__ = "feed_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"), {"comment": "head of the feed: one row"})

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="always 1")
    epoch: Mapped[str] = mapped_column(comment="the feed's life: renewed when stream and table cannot agree")
    seq: Mapped[int] = mapped_column(comment="number of the last change")


class FeedRow(Base):
    """One change, its content kept as the bytes that are broadcast."""

    __tablename__ = "feed"
    __table_args__ = (
        Index("ix_feed_type_slug", "type", "slug"),
        {"comment": "all changes in commit order", "postgresql_with": {"toast_tuple_target": INLINE}},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="global, gapless, in commit order")
    kind: Mapped[str] = mapped_column(comment="pattern or template")
    op: Mapped[str] = mapped_column(comment="upsert or retire")
    type: Mapped[str] = mapped_column(comment="pattern type; empty for templates")
    slug: Mapped[str] = mapped_column(comment="pattern slug or template name")
    at: Mapped[datetime.datetime] = mapped_column(comment="when the change was made")
    hash: Mapped[str] = mapped_column(comment="sha256 of the body, lower hex")
    body: Mapped[str] = mapped_column(comment="the pattern or template as JSON text, ready to send")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the feed stands."""

    epoch: str
    seq: int


class FeedChange(NamedTuple):
    """One row of the feed, as read or to be written."""

    seq: int
    kind: str
    op: str
    type: str
    slug: str
    at: datetime.datetime
    hash: str
    body: str


_COLUMNS = (
    FeedRow.seq,
    FeedRow.kind,
    FeedRow.op,
    FeedRow.type,
    FeedRow.slug,
    FeedRow.at,
    FeedRow.hash,
    FeedRow.body,
)


def head(connection: Connection) -> Head:
    """Read where the feed stands; everything up to `seq` is committed and visible to later statements."""
    row = connection.execute(select(FeedHeadRow.epoch, FeedHeadRow.seq)).one()
    return Head(row.epoch, row.seq)


def reserve(connection: Connection, count: int) -> Head:
    """Take `count` numbers, the last of which is the returned seq; holds the head's lock until commit."""
    row = connection.execute(
        update(FeedHeadRow)
        .values(seq=FeedHeadRow.seq + count)
        .returning(FeedHeadRow.epoch, FeedHeadRow.seq)
        .execution_options(synchronize_session=False)
    ).one()
    return Head(row.epoch, row.seq)


def append(connection: Connection, changes: Sequence[FeedChange]) -> None:
    """Write changes whose numbers were reserved in this transaction."""
    if changes:
        rows = [(it.seq, it.kind, it.op, it.type, it.slug, it.at.isoformat(), it.hash, it.body) for it in changes]
        copy(connection, "feed", "seq, kind, op, type, slug, at, hash, body", rows)


def after(connection: Connection, seq: int, limit: int) -> list[FeedChange]:
    """Read up to `limit` changes above `seq`, in order."""
    rows = connection.execute(select(*_COLUMNS).where(FeedRow.seq > seq).order_by(FeedRow.seq).limit(limit))
    return [FeedChange(*row) for row in rows]


def at(connection: Connection, seq: int) -> FeedChange | None:
    """Read one change, or None when it was compacted away or never made."""
    row = connection.execute(select(*_COLUMNS).where(FeedRow.seq == seq)).one_or_none()
    return None if row is None else FeedChange(*row)


def renew_epoch(connection: Connection, at_least: int) -> Head:
    """Start a new life of the feed, numbered on from `at_least` when that is ahead."""
    row = connection.execute(
        update(FeedHeadRow)
        .values(epoch=uuid4().hex, seq=func.greatest(FeedHeadRow.seq, at_least))
        .returning(FeedHeadRow.epoch, FeedHeadRow.seq)
        .execution_options(synchronize_session=False)
    ).one()
    return Head(row.epoch, row.seq)


def compact(connection: Connection, below: int) -> int:
    """Delete changes up to `below` that a later change of the same thing made obsolete; return how many."""
    later = text(
        "EXISTS (SELECT 1 FROM feed AS later WHERE later.kind = feed.kind AND later.type = feed.type"
        " AND later.slug = feed.slug AND later.seq > feed.seq)"
    )
    return connection.execute(delete(FeedRow).where(FeedRow.seq <= below, later)).rowcount
