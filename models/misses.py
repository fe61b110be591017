"""Names that were asked for and that nobody knows: what discovery works from."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows, Written
from models.recordset import as_rows


class MissRow(Base):
    """One unknown name, and how often it was asked for."""

    __tablename__ = "misses"
    __table_args__ = ({"comment": "unknown names that were asked for"},)

    type: Mapped[str] = mapped_column(primary_key=True, comment="pattern type asked")
    key: Mapped[str] = mapped_column(primary_key=True, comment="normalised name")
    name: Mapped[str] = mapped_column(comment="as it was first spelled")
    asked: Mapped[int] = mapped_column(comment="how often it reached the database")
    first_asked_at: Mapped[Written]
    last_asked_at: Mapped[datetime.datetime] = mapped_column(server_default=func.now(), comment="most recently")


_RECORD: Final = text("""
INSERT INTO misses (type, key, name, asked)
SELECT type, key, name, asked
FROM json_to_recordset(CAST(:rows AS json)) AS new(type text, key text, name text, asked bigint)
ON CONFLICT (type, key) DO UPDATE SET asked = misses.asked + excluded.asked, last_asked_at = now()
""")


def record(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Count misses (type, key, name, asked); rows come sorted and differ in (type, key)."""
    if rows:
        connection.execute(_RECORD, as_rows(rows))


def waiting(connection: Connection, limit: int) -> Rows:
    """List the most wanted unknown names."""
    return connection.execute(select(MissRow.__table__).order_by(MissRow.asked.desc()).limit(limit)).all()


def count(connection: Connection) -> int:
    """Count unknown names."""
    return int(connection.execute(select(func.count()).select_from(MissRow)).scalar_one())


def forget_old(connection: Connection, before: datetime.datetime) -> int:
    """Delete names that nobody has asked for since; return how many."""
    return connection.execute(delete(MissRow).where(MissRow.last_asked_at < before)).rowcount
