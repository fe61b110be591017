"""What the centre holds of instances: whose word counts no more, and how much each has taught today.

Who may teach how much is `services.learning.admission`'s policy; what was taught is in `models.learns`.
"""

import datetime
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Date, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AnyRow, Base
from models.recordset import as_rows


class RevocationRow(Base):
    """One instance whose word counts no more."""

    __tablename__ = "revocations"
    __table_args__ = ({"comment": "instances whose word counts no more"},)

    instance_id: Mapped[str] = mapped_column(primary_key=True, comment="empty: all the anonymous")
    since: Mapped[datetime.datetime | None] = mapped_column(comment="what it said before stands; null: nothing does")
    revoked_at: Mapped[datetime.datetime] = mapped_column(comment="when")
    version: Mapped[int] = mapped_column(comment="rises with each change of this table: who remembers it looks here")


class UsageRow(Base):
    """What one instance taught in one day."""

    __tablename__ = "instance_usage"
    __table_args__ = ({"comment": "learns a day of each instance, counted now and then"},)

    instance_id: Mapped[str] = mapped_column(primary_key=True, comment="empty: all the anonymous")
    day: Mapped[datetime.date] = mapped_column(Date, primary_key=True, comment="UTC")
    learns: Mapped[int] = mapped_column(comment="learns and feedback that were decided")


#: Any number that nothing else uses.
_REVOKING = 5_418_204_417
_CHECK = text("""
SELECT pg_try_advisory_xact_lock_shared(:key) AS free, (SELECT max(version) FROM revocations) AS version
""")
_EXCLUDE = text("SELECT pg_advisory_xact_lock(:key)")

_REVOKE = text("""
INSERT INTO revocations (instance_id, since, revoked_at, version)
SELECT :instance_id, :since, :at, coalesce(max(version), 0) + 1 FROM revocations
-- No time at all is before every other, and passed over by least().
ON CONFLICT (instance_id) DO UPDATE SET
  since = CASE WHEN revocations.since IS NOT NULL AND excluded.since IS NOT NULL
    THEN least(revocations.since, excluded.since) END,
  revoked_at = excluded.revoked_at, version = excluded.version
""")

_COUNT = text("""
INSERT INTO instance_usage (instance_id, day, learns)
SELECT instance_id, :day, learns FROM json_to_recordset(CAST(:rows AS json)) AS new(instance_id text, learns bigint)
ORDER BY instance_id
ON CONFLICT (instance_id, day) DO UPDATE SET learns = instance_usage.learns + excluded.learns
RETURNING instance_id, learns
""")


def check(connection: Connection) -> AnyRow:
    """Tell whether nobody revokes at this moment, nor will before this transaction ends, and the table's version.

    Columns free, version (null: nobody is revoked). Where it is not free, the version says nothing.
    """
    return connection.execute(_CHECK, {"key": _REVOKING}).one()


def exclude_learning(connection: Connection) -> None:
    """Wait until every transaction that learns has ended; new ones wait until this one has."""
    connection.execute(_EXCLUDE, {"key": _REVOKING})


def revoke(connection: Connection, instance_id: str, since: datetime.datetime | None, at: datetime.datetime) -> None:
    """Note that an instance's word counts no more, from `since` on or at all; never less than was noted before."""
    connection.execute(_REVOKE, {"instance_id": instance_id, "since": since, "at": at})


def revoked(connection: Connection) -> dict[str, datetime.datetime | None]:
    """Read who is revoked, since when."""
    query = select(RevocationRow.instance_id, RevocationRow.since)
    return {row.instance_id: row.since for row in connection.execute(query)}


def count_learns(connection: Connection, counts: Mapping[str, int], day: datetime.date) -> dict[str, int]:
    """Add learns of a day by instance; return how many each has now."""
    rows: list[dict[str, Any]] = [{"instance_id": who, "learns": count} for who, count in counts.items()]
    return {row.instance_id: row.learns for row in connection.execute(_COUNT, as_rows(rows) | {"day": day})}


def usage(connection: Connection, ids: Collection[str], day: datetime.date) -> dict[str, int]:
    """Read how much instances taught on a day."""
    query = select(UsageRow.instance_id, UsageRow.learns).where(UsageRow.instance_id.in_(ids), UsageRow.day == day)
    return {row.instance_id: row.learns for row in connection.execute(query)}


def forget_usage(connection: Connection, before: datetime.date) -> int:
    """Delete the counts of days long gone; return how many."""
    return connection.execute(delete(UsageRow).where(UsageRow.day < before)).rowcount
