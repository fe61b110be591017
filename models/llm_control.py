"""The one row that all callers of a model share: an operator's stop, and the circuit breaker."""

import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Connection, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AnyRow, Base


class LlmControlRow(Base):
    """Whether calls may leave, and what the server's last answers were like."""

    __tablename__ = "llm_control"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        {"comment": "switch and breaker of paid calls: one row"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="always 1")
    stopped: Mapped[bool] = mapped_column(Boolean, server_default="false", comment="an operator lets no call leave")
    stopped_at: Mapped[datetime.datetime | None] = mapped_column(comment="since when")
    stopped_why: Mapped[str | None] = mapped_column(comment="the operator's reason")
    failures: Mapped[int] = mapped_column(server_default="0", comment="failures of the server since it last answered")
    trips: Mapped[int] = mapped_column(server_default="0", comment="times the breaker opened since then")
    open_until: Mapped[datetime.datetime | None] = mapped_column(
        comment="no call before then, while the breaker is open"
    )
    probe: Mapped[str | None] = mapped_column(comment="id of the one call that tries an open breaker")
    last_failure: Mapped[str | None] = mapped_column(comment="what the server's last failure was")
    setting: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="model, server and caps as a worker runs them"
    )


_READ = (
    LlmControlRow.stopped,
    LlmControlRow.stopped_at,
    LlmControlRow.stopped_why,
    LlmControlRow.failures,
    LlmControlRow.trips,
    LlmControlRow.open_until,
    LlmControlRow.probe,
    LlmControlRow.last_failure,
    LlmControlRow.setting,
)


def read(connection: Connection) -> AnyRow | None:
    """Read the row; None before anything was written."""
    return connection.execute(select(*_READ).where(LlmControlRow.id == 1)).one_or_none()


def write(connection: Connection, **values: Any) -> None:
    """Set some of the columns."""
    statement = upsert(LlmControlRow).values(id=1, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
