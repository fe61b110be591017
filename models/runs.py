"""Runs: what scheduled jobs did, when, what they looked at and what they changed."""

import datetime
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Double, Index, delete, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows


class RunRow(Base):
    """One run of one job."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_job_started_at", "job", "started_at"),
        {"comment": "what scheduled jobs did"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="in order of their ends")
    job: Mapped[str] = mapped_column(comment="what was run")
    state: Mapped[str] = mapped_column(comment="done or failed")
    started_at: Mapped[datetime.datetime] = mapped_column(comment="by the worker's clock")
    seconds: Mapped[float] = mapped_column(Double, comment="how long it took")
    looked_at: Mapped[int] = mapped_column(comment="how many things it looked at")
    changed: Mapped[int] = mapped_column(comment="how many things it changed")
    details: Mapped[Any] = mapped_column(JSONB, comment="counts by kind, or the error")


def record(connection: Connection, row: Mapping[str, Any]) -> None:
    """Note one run (keys: the columns of RunRow but the id)."""
    connection.execute(insert(RunRow).values(**row))


def latest(connection: Connection, job: str | None = None, limit: int = 20) -> Rows:
    """List runs, the latest first; all columns."""
    query = select(RunRow.__table__).order_by(RunRow.id.desc()).limit(limit)
    return connection.execute(query if job is None else query.where(RunRow.job == job)).all()


def forget_old(connection: Connection, before: datetime.datetime) -> int:
    """Delete runs that started before; return how many."""
    return connection.execute(delete(RunRow).where(RunRow.started_at < before)).rowcount
