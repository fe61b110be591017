"""Where instances are: when each was last heard of, and up to where of the feed it last said it knows.

Told now and then by the workers that answer them; what they taught and saw is in `models.learns` and
`models.observations`.
"""

import datetime
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows
from models.recordset import as_rows


class PresenceRow(Base):
    """One instance that asked something."""

    __tablename__ = "instance_presence"
    __table_args__ = ({"comment": "when instances were last heard of, and where in the feed they are"},)

    instance_id: Mapped[str] = mapped_column(primary_key=True, comment="as it calls itself")
    seen_at: Mapped[datetime.datetime] = mapped_column(comment="when it last asked, to a minute or so")
    synced_at: Mapped[datetime.datetime | None] = mapped_column(comment="when it last asked for changes")
    position: Mapped[int | None] = mapped_column(comment="the feed's number up to which it has them")


_NOTE: Final = text("""
INSERT INTO instance_presence (instance_id, seen_at, synced_at, position)
SELECT instance_id, :at, CASE WHEN position IS NULL THEN NULL ELSE :at END, position
FROM json_to_recordset(CAST(:rows AS json)) AS new(instance_id text, position bigint) ORDER BY instance_id
ON CONFLICT (instance_id) DO UPDATE SET seen_at = greatest(instance_presence.seen_at, excluded.seen_at),
  synced_at = coalesce(excluded.synced_at, instance_presence.synced_at),
  position = coalesce(excluded.position, instance_presence.position)
""")
#: Instances are known by what they asked, taught or saw; anonymous ones are one.
_KNOWN: Final = text("""
SELECT instance_id, max(at) AS last_seen, max(synced_at) AS synced_at, max(position) AS position,
  sum(learns)::bigint AS learns, sum(rejected)::bigint AS rejected, sum(codebases)::bigint AS codebases
FROM (
  SELECT instance_id, seen_at AS at, synced_at, position, 0 AS learns, 0 AS rejected, 0 AS codebases
  FROM instance_presence
  UNION ALL
  SELECT instance_id, max(decided_at), NULL, NULL, count(*), count(*) FILTER (WHERE state = 'rejected'), 0
  FROM learns GROUP BY instance_id
  UNION ALL
  SELECT instance_id, max(observed_at), NULL, NULL, 0, 0, count(DISTINCT codebase_id)
  FROM observations WHERE replaced_at IS NULL GROUP BY instance_id
) AS told
GROUP BY instance_id ORDER BY last_seen DESC, instance_id LIMIT :limit
""")
_FORGET: Final = text("""
DELETE FROM instance_presence WHERE seen_at < :before OR instance_id IN (
  SELECT instance_id FROM instance_presence ORDER BY seen_at DESC, instance_id OFFSET :most
)
""")


def note(connection: Connection, positions: Mapping[str, int | None], at: datetime.datetime) -> None:
    """Note instances as seen, those that told it with their position in the feed."""
    rows: Collection[dict[str, Any]] = [{"instance_id": who, "position": it} for who, it in positions.items()]
    connection.execute(_NOTE, as_rows([*rows]) | {"at": at})


def known(connection: Connection, limit: int) -> Rows:
    """List instances, the last seen first.

    Columns instance_id, last_seen, synced_at, position, learns, rejected, codebases (that it last saw something in).
    """
    return connection.execute(_KNOWN, {"limit": limit}).all()


def forget_old(connection: Connection, before: datetime.datetime, most: int) -> int:
    """Delete instances that were not heard of since, and the oldest beyond so many; return how many."""
    return connection.execute(_FORGET, {"before": before, "most": most}).rowcount
