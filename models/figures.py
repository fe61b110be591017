"""Figures over time: one value of each a run of upkeep, for those who plot.

The latest of everything is `models.statistics`'s.
"""

import datetime
from collections.abc import Mapping

from sqlalchemy import Connection, Double, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows


class FigureRow(Base):
    """One figure at one time."""

    __tablename__ = "figures"
    __table_args__ = ({"comment": "figures about the knowledge over time"},)

    at: Mapped[datetime.datetime] = mapped_column(primary_key=True, comment="hour that it was taken in")
    name: Mapped[str] = mapped_column(primary_key=True, comment="what is counted")
    value: Mapped[float] = mapped_column(Double, comment="the figure")


def put(connection: Connection, at: datetime.datetime, values: Mapping[str, float]) -> None:
    """Keep figures of a time; those of the same time are replaced where they differ."""
    if not values:
        return
    rows = [{"at": at, "name": name, "value": value} for name, value in sorted(values.items())]
    statement = upsert(FigureRow).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["at", "name"],
            set_={"value": statement.excluded.value},
            where=FigureRow.value != statement.excluded.value,
        )
    )


def since(connection: Connection, at: datetime.datetime) -> Rows:
    """Read figures from a time on, in order: columns at, name, value."""
    query = select(FigureRow.at, FigureRow.name, FigureRow.value).where(FigureRow.at >= at)
    return connection.execute(query.order_by(FigureRow.at, FigureRow.name)).all()


def forget_old(connection: Connection, before: datetime.datetime) -> int:
    """Delete figures from before; return how many."""
    return connection.execute(delete(FigureRow).where(FigureRow.at < before)).rowcount
