"""Enrichments: learned candidates that a model may be asked about, and what became of it; one row a pattern.

Truth about what is due and who works on it until when. What needs enrichment is decided by `services.enrichment`.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, ForeignKey, Index, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AnyRow, Base, Rows
from models.patterns import PatternRow
from models.recordset import as_rows


class EnrichmentRow(Base):
    """One pattern that is or was to be enriched."""

    __tablename__ = "enrichments"
    __table_args__ = (
        Index("ix_enrichments_due_at", "due_at", postgresql_where=text("state IN ('waiting', 'running')")),
        {"comment": "learned candidates that a model may be asked about"},
    )

    pattern_id: Mapped[int] = mapped_column(
        ForeignKey("patterns.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, comment="which one"
    )
    state: Mapped[str] = mapped_column(comment="waiting, running, done or failed")
    reason: Mapped[str | None] = mapped_column(comment="code: why it failed or was put off")
    message: Mapped[str | None] = mapped_column(comment="one sentence for an operator, with the reason")
    wanted: Mapped[str] = mapped_column(comment="digest of what was taught when it was last found to be due")
    call_id: Mapped[str | None] = mapped_column(comment="the last paid call")
    runs: Mapped[int] = mapped_column(comment="how often it was begun: only the last run may settle it")
    failures: Mapped[int] = mapped_column(comment="in a row: the pause grows with them")
    due_at: Mapped[datetime.datetime] = mapped_column(comment="waiting: not before; running: taken away then")
    changed_at: Mapped[datetime.datetime] = mapped_column(server_default=func.now(), comment="last change of state")


#: Latest revisions of live candidates among a stretch of the feed's changes.
_CHANGED: Final = text("""
SELECT changed.seq, found.id, found.document
FROM (
  SELECT seq, kind, type, slug FROM feed WHERE seq > :seq ORDER BY seq LIMIT :limit
) AS changed
LEFT JOIN patterns AS found ON changed.kind = 'pattern' AND found.type = changed.type AND found.slug = changed.slug
  AND found.seq = changed.seq AND found.state = 'candidate' AND NOT found.retired
ORDER BY changed.seq
""")

#: New ones, and those that were taught something since; what is being worked on is looked at again when that ends.
_WANT: Final = text("""
INSERT INTO enrichments (pattern_id, state, wanted, runs, failures, due_at, changed_at)
SELECT pattern_id, 'waiting', wanted, 0, 0, :now, :now
FROM json_to_recordset(CAST(:rows AS json)) AS new(pattern_id bigint, wanted text)
ON CONFLICT (pattern_id) DO UPDATE SET
  state = CASE enrichments.state WHEN 'running' THEN 'running' ELSE 'waiting' END,
  due_at = CASE enrichments.state WHEN 'running' THEN enrichments.due_at
    WHEN 'waiting' THEN enrichments.due_at ELSE :now END,
  wanted = excluded.wanted, failures = CASE enrichments.state WHEN 'failed' THEN 0 ELSE enrichments.failures END,
  reason = NULL, message = NULL, changed_at = :now
WHERE enrichments.wanted <> excluded.wanted
""")

_CLAIM: Final = text("""
UPDATE enrichments SET state = 'running', runs = runs + 1, due_at = :until, changed_at = :now
WHERE pattern_id = (
  SELECT pattern_id FROM enrichments WHERE state IN ('waiting', 'running') AND due_at <= :now
  ORDER BY due_at, pattern_id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING pattern_id, wanted, runs, failures
""")


def changed_after(connection: Connection, seq: int, limit: int) -> Rows:
    """Read a stretch of changes above `seq`: columns seq, and id and document of live candidates, else null."""
    return connection.execute(_CHANGED, {"seq": seq, "limit": limit}).all()


def want(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime.datetime) -> None:
    """Note patterns (pattern_id, wanted) as due, unless the same was wanted before."""
    if rows:
        connection.execute(_WANT, as_rows(rows) | {"now": now})


def working(connection: Connection, now: datetime.datetime) -> int:
    """Count those that somebody works on."""
    query = select(func.count()).where(EnrichmentRow.state == "running", EnrichmentRow.due_at > now)
    return int(connection.execute(query).scalar_one())


def claim(connection: Connection, now: datetime.datetime, until: datetime.datetime) -> AnyRow | None:
    """Take one that is due, until then: columns pattern_id, wanted, runs, failures."""
    return connection.execute(_CLAIM, {"now": now, "until": until}).one_or_none()


def settle(connection: Connection, claimed: AnyRow, now: datetime.datetime, **values: Any) -> bool:
    """Write what became of a claim; False when somebody else took it meanwhile.

    Where more was taught since, it waits again at once.
    """
    mine = (EnrichmentRow.pattern_id == claimed.pattern_id) & (EnrichmentRow.runs == claimed.runs)
    settling = update(EnrichmentRow).where(mine, EnrichmentRow.state == "running").values(changed_at=now, **values)
    if not connection.execute(settling).rowcount:
        return False
    more = mine & EnrichmentRow.state.in_(["done", "failed"]) & (EnrichmentRow.wanted != claimed.wanted)
    connection.execute(update(EnrichmentRow).where(more).values(state="waiting", due_at=now))
    return True


def documents(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Read the documents of live candidates by id."""
    query = select(PatternRow.id, PatternRow.document).where(
        PatternRow.id.in_(ids), PatternRow.state == "candidate", PatternRow.retired.is_(False)
    )
    return {row.id: row.document for row in connection.execute(query)}


def listed(connection: Connection, *, states: Sequence[str], limit: int) -> Rows:
    """List enrichments with the pattern's type and slug, those that changed last first."""
    query = select(EnrichmentRow.__table__, PatternRow.type, PatternRow.slug).join(
        PatternRow, PatternRow.id == EnrichmentRow.pattern_id
    )
    if states:
        query = query.where(EnrichmentRow.state.in_(states))
    return connection.execute(query.order_by(EnrichmentRow.changed_at.desc()).limit(limit)).all()


def retry(connection: Connection, pairs: Sequence[tuple[str, str]] | None, now: datetime.datetime) -> int:
    """Make failed and postponed ones due at once, those named or all; return how many."""
    statement = update(EnrichmentRow).where(EnrichmentRow.state.in_(["failed", "waiting"]))
    if pairs is not None:
        named = [(PatternRow.type == type_) & (PatternRow.slug == slug) for type_, slug in pairs]
        wanted = [row.id for pair in named for row in connection.execute(select(PatternRow.id).where(pair))]
        statement = statement.where(EnrichmentRow.pattern_id.in_(wanted))
    return connection.execute(
        statement.values(state="waiting", due_at=now, reason=None, message=None, changed_at=now)
    ).rowcount
