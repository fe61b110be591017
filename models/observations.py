"""Observations: what instances saw in codebases, one row a codebase, instance and set of patterns.

Truth that everything mined is derived from: each row carries who saw it, so that what an instance said can be taken
out again. What is derived is `models.mined`'s.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Index, func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from models.base import Base, Rows


class ObservationRow(Base):
    """One set of patterns, as one instance saw it in one codebase."""

    __tablename__ = "observations"
    __table_args__ = (
        Index("ix_observations_instance_id", "instance_id"),
        Index("ix_observations_observed_at", "observed_at", postgresql_using="brin"),
        {"comment": "what was seen in codebases, by whom"},
    )

    codebase_id: Mapped[str] = mapped_column(primary_key=True, comment="as the instance names it")
    instance_id: Mapped[str] = mapped_column(primary_key=True, comment="who looked; empty: anonymous")
    pattern_set: Mapped[str] = mapped_column(primary_key=True, comment="digest of the patterns that were found")
    content: Mapped[str] = mapped_column(comment="digest of all items")
    items: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="patterns, what fired, unknown packages, facts")
    observed_at: Mapped[datetime.datetime] = mapped_column(comment="since when it is seen so")
    replaced_at: Mapped[datetime.datetime | None] = mapped_column(comment="when another set took its place")


class ObservationNewsRow(Base):
    """A codebase that has to be looked at again by those who mine; rows are only added and taken."""

    __tablename__ = "observation_news"
    __table_args__ = ({"comment": "codebases whose observations changed since they were mined"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="tells repeated news apart")
    codebase_id: Mapped[str] = mapped_column(comment="as in observations")


@dataclass(frozen=True, slots=True)
class Observation:
    """What is to be kept of one detection."""

    codebase_id: str
    instance_id: str
    pattern_set: str
    content: str
    items: tuple[str, ...]


#: Two detections of one codebase at a time: each would take its set for the latest.
_ONE_AT_A_TIME: Final = text("""
SELECT pg_advisory_xact_lock(hashtextextended(CAST(:codebase_id AS text) || '/' || CAST(:instance_id AS text), 0))
""")
#: A set that was seen before comes back with its row; a revoked instance sees nothing.
_KEEP: Final = text("""
WITH news AS (
  INSERT INTO observations (codebase_id, instance_id, pattern_set, content, items, observed_at)
  SELECT :codebase_id, :instance_id, :pattern_set, :content, CAST(:items AS text[]), CAST(:at AS timestamptz)
  WHERE NOT EXISTS (SELECT FROM revocations WHERE instance_id = :instance_id)
  ON CONFLICT (codebase_id, instance_id, pattern_set) DO UPDATE SET
    content = excluded.content, items = excluded.items, observed_at = excluded.observed_at, replaced_at = NULL
  WHERE observations.content <> excluded.content OR observations.replaced_at IS NOT NULL
  RETURNING codebase_id
), gone AS (
  UPDATE observations SET replaced_at = :at
  WHERE codebase_id = :codebase_id AND instance_id = :instance_id AND pattern_set <> :pattern_set
    AND replaced_at IS NULL AND EXISTS (SELECT FROM news)
)
INSERT INTO observation_news (codebase_id) SELECT codebase_id FROM news
""")

_TAKE_NEWS: Final = text("""
DELETE FROM observation_news WHERE id IN (SELECT id FROM observation_news ORDER BY id LIMIT :limit)
RETURNING codebase_id
""")

_NEWS_OF: Final = "INSERT INTO observation_news (codebase_id) SELECT DISTINCT codebase_id FROM"
_FORGET: Final = text(f"""
WITH gone AS (
  DELETE FROM observations WHERE instance_id = :instance_id AND observed_at >= :since RETURNING codebase_id, replaced_at
), again AS (
  -- Of what is left of it, the latest stands again.
  UPDATE observations SET replaced_at = NULL WHERE (codebase_id, instance_id, pattern_set) IN (
    SELECT DISTINCT ON (kept.codebase_id) kept.codebase_id, kept.instance_id, kept.pattern_set
    FROM observations AS kept JOIN gone ON gone.codebase_id = kept.codebase_id AND gone.replaced_at IS NULL
    WHERE kept.instance_id = :instance_id AND kept.observed_at < :since
    ORDER BY kept.codebase_id, kept.observed_at DESC
  )
)
{_NEWS_OF} gone
""")  # noqa: S608  only our own text is put in

#: What was on its way while its instance was revoked.
_DROP_REVOKED: Final = text(f"""
WITH gone AS (
  DELETE FROM observations USING revocations
  WHERE observations.instance_id = revocations.instance_id AND observed_at >= coalesce(since, '-infinity')
  RETURNING codebase_id
)
{_NEWS_OF} gone
""")  # noqa: S608  as above

_DROP_HISTORY: Final = text("""
DELETE FROM observations WHERE replaced_at < :before OR (codebase_id, instance_id, pattern_set) IN (
  SELECT codebase_id, instance_id, pattern_set FROM (
    SELECT codebase_id, instance_id, pattern_set, row_number() OVER (
      PARTITION BY codebase_id, instance_id ORDER BY replaced_at DESC
    ) AS place
    FROM observations WHERE replaced_at IS NOT NULL
  ) AS replaced WHERE place > :kept
)
""")
#: Whether anything is beyond: a look at the counts, which nearly always is all there is to do.
_OVERFLOWS: Final = text("""
SELECT coalesce(max(rows), 0) > :of_instance OR coalesce(sum(rows), 0) > :of_all FROM (
  SELECT count(*) AS rows FROM observations WHERE replaced_at IS NULL GROUP BY instance_id
) AS standing
""")
#: The oldest of each instance beyond its share, and of all beyond the whole: whoever sees them again records them anew.
_DROP_OVERFLOW: Final = text(f"""
WITH gone AS (
  DELETE FROM observations WHERE (codebase_id, instance_id, pattern_set) IN (
    SELECT codebase_id, instance_id, pattern_set FROM (
      SELECT codebase_id, instance_id, pattern_set,
        row_number() OVER (PARTITION BY instance_id ORDER BY observed_at DESC, codebase_id) AS place,
        row_number() OVER (ORDER BY observed_at DESC, codebase_id) AS place_of_all
      FROM observations WHERE replaced_at IS NULL
    ) AS standing WHERE place > :of_instance OR place_of_all > :of_all
  ) RETURNING codebase_id
)
{_NEWS_OF} gone
""")  # noqa: S608  as above


def standing(connection: Connection, codebase_id: str, instance_id: str) -> tuple[str, str] | None:
    """Read the digests (pattern_set, content) of what an instance last saw in a codebase."""
    query = select(ObservationRow.pattern_set, ObservationRow.content).where(
        ObservationRow.codebase_id == codebase_id,
        ObservationRow.instance_id == instance_id,
        ObservationRow.replaced_at.is_(None),
    )
    row = connection.execute(query).first()
    return None if row is None else (row.pattern_set, row.content)


def keep(connection: Connection, seen: Observation, at: datetime.datetime) -> None:
    """Make this what the instance last saw in the codebase; what is so already changes nothing."""
    values = {
        "codebase_id": seen.codebase_id,
        "instance_id": seen.instance_id,
        "pattern_set": seen.pattern_set,
        "content": seen.content,
        "items": list(seen.items),
        "at": at,
    }
    connection.execute(_ONE_AT_A_TIME, {"codebase_id": seen.codebase_id, "instance_id": seen.instance_id})
    connection.execute(_KEEP, values)


def count_since(connection: Connection, instance_id: str, since: datetime.datetime) -> int:
    """Count what an instance saw since then."""
    query = select(func.count()).where(ObservationRow.instance_id == instance_id, ObservationRow.observed_at >= since)
    return int(connection.execute(query).scalar_one())


def take_news(connection: Connection, limit: int) -> set[str]:
    """Take codebases that changed, the longest waiting first; they are gone once the transaction is committed."""
    return set(connection.execute(_TAKE_NEWS, {"limit": limit}).scalars())


def announce(connection: Connection, codebases: Collection[str]) -> None:
    """Have codebases looked at again by those who mine."""
    if codebases:
        connection.execute(insert(ObservationNewsRow), [{"codebase_id": it} for it in sorted(codebases)])


def of_codebases(connection: Connection, codebases: Collection[str]) -> Rows:
    """Read what stands, the earliest first: columns codebase_id, instance_id, items, observed_at."""
    query = select(
        ObservationRow.codebase_id, ObservationRow.instance_id, ObservationRow.items, ObservationRow.observed_at
    ).where(
        ObservationRow.codebase_id == func.any(literal(list(codebases), ARRAY(Text))),
        ObservationRow.replaced_at.is_(None),
    )
    order = (ObservationRow.codebase_id, ObservationRow.observed_at, ObservationRow.instance_id)
    return connection.execute(query.order_by(*order)).all()


def forget(connection: Connection, instance_id: str, since: datetime.datetime) -> int:
    """Delete what an instance saw since then, as if it had not looked; return how many codebases have news."""
    return connection.execute(_FORGET, {"instance_id": instance_id, "since": since}).rowcount


def drop_revoked(connection: Connection) -> int:
    """Delete what revoked instances saw although they were revoked; return how many codebases have news."""
    return connection.execute(_DROP_REVOKED).rowcount


def drop_history(connection: Connection, *, kept: int, before: datetime.datetime) -> int:
    """Delete sets that were replaced before, or by more than `kept` others; return how many."""
    return connection.execute(_DROP_HISTORY, {"kept": kept, "before": before}).rowcount


def drop_overflow(connection: Connection, *, of_instance: int, of_all: int) -> int:
    """Delete the oldest standing rows beyond these counts; return how many codebases have news."""
    most = {"of_instance": of_instance, "of_all": of_all}
    if not connection.execute(_OVERFLOWS, most).scalar_one():
        return 0
    return connection.execute(_DROP_OVERFLOW, most).rowcount


def counts(connection: Connection) -> tuple[int, int, int]:
    """Count standing rows, distinct codebases among them, and codebases with news."""
    query = select(func.count(), func.count(ObservationRow.codebase_id.distinct()))
    row = connection.execute(query.where(ObservationRow.replaced_at.is_(None))).one()
    news = connection.execute(select(func.count(ObservationNewsRow.codebase_id.distinct()))).scalar_one()
    return row[0], row[1], news
