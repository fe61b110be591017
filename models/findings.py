"""What was found out about patterns, by a model or from facts, each finding as it was contributed.

A pattern's document holds what is left of it once instances say the same; derived anew, all of it is needed.
"""

from collections.abc import Collection

from sqlalchemy import Connection, ForeignKey, Index, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows


class FindingRow(Base):
    """One contribution to one pattern."""

    __tablename__ = "findings"
    __table_args__ = (
        Index("ix_findings_pattern_id", "pattern_id"),
        {"comment": "what was found out about patterns, as it was contributed"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="counts on")
    pattern_id: Mapped[int] = mapped_column(ForeignKey("patterns.id", ondelete="CASCADE"), comment="about which one")
    seq: Mapped[int] = mapped_column(comment="the feed's number of the change it made")
    said: Mapped[str] = mapped_column(comment="the contribution as JSON text")


def keep(connection: Connection, *, pattern_id: int, seq: int, said: str) -> None:
    """Keep one contribution."""
    connection.execute(insert(FindingRow).values(pattern_id=pattern_id, seq=seq, said=said))


def of(connection: Connection, ids: Collection[int]) -> Rows:
    """Read contributions to patterns in the order they came: columns pattern_id, seq, said."""
    query = select(FindingRow.pattern_id, FindingRow.seq, FindingRow.said).where(FindingRow.pattern_id.in_(ids))
    return connection.execute(query.order_by(FindingRow.id)).all()
