"""Figures about the knowledge, computed on schedule and kept for those who watch."""

from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Written


class StatisticRow(Base):
    """The latest value of one figure."""

    __tablename__ = "statistics"
    __table_args__ = ({"comment": "latest figures about the knowledge"},)

    name: Mapped[str] = mapped_column(primary_key=True, comment="what is counted")
    value: Mapped[Any] = mapped_column(JSONB, comment="the figure")
    computed_at: Mapped[Written]


def put(connection: Connection, name: str, value: Any) -> None:
    """Replace one figure."""
    statement = upsert(StatisticRow).values(name=name, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": value, "computed_at": func.now()})
    )


def everything(connection: Connection) -> dict[str, Any]:
    """Read all figures."""
    return {row.name: row.value for row in connection.execute(select(StatisticRow.name, StatisticRow.value))}
