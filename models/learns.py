"""Learns: what was taught, by whom, and what became of it; with conflicts, attempts and dead letters.

A learn's row is immutable truth; patterns are derived from it. The unique learn_id is what makes delivery idempotent.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Boolean, Connection, Index, LargeBinary, delete, func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AnyRow, Base, Rows, Written
from models.copying import Values, copy


class LearnRow(Base):
    """One submission, a learn or a feedback, in its final state."""

    __tablename__ = "learns"
    __table_args__ = (
        Index("ix_learns_instance_id", "instance_id"),
        Index("ix_learns_type_slug", "type", "slug"),
        {"comment": "every learn and feedback that was decided upon"},
    )

    learn_id: Mapped[str] = mapped_column(primary_key=True, comment="given by the instance, or the body's sha256")
    body_hash: Mapped[str] = mapped_column(comment="sha256 of the body as received: tells a repeat from a conflict")
    kind: Mapped[str] = mapped_column(comment="learn or feedback")
    type: Mapped[str] = mapped_column(comment="pattern type the subject named")
    instance_id: Mapped[str] = mapped_column(comment="empty: anonymous")
    codebase_id: Mapped[str] = mapped_column(comment="empty: not told")
    state: Mapped[str] = mapped_column(comment="applied or rejected")
    code: Mapped[str | None] = mapped_column(comment="error code when rejected")
    message: Mapped[str | None] = mapped_column(comment="one sentence when rejected")
    slug: Mapped[str | None] = mapped_column(comment="the pattern it went into")
    seq: Mapped[int | None] = mapped_column(comment="the feed's number of the change it was part of")
    body: Mapped[str | None] = mapped_column(comment="the message re-encoded as JSON; null when unreadable")
    received_at: Mapped[datetime.datetime | None] = mapped_column(comment="when NATS took it: decides who spoke first")
    decided_at: Mapped[Written]


class LearnConflictRow(Base):
    """Another body that came under a learn_id already taken."""

    __tablename__ = "learn_conflicts"
    __table_args__ = ({"comment": "bodies refused because their learn_id was taken"},)

    learn_id: Mapped[str] = mapped_column(primary_key=True, comment="the id that was taken")
    body_hash: Mapped[str] = mapped_column(primary_key=True, comment="sha256 of the refused body")
    instance_id: Mapped[str] = mapped_column(comment="who sent it")
    refused_at: Mapped[Written]


class LearnAttemptRow(Base):
    """How often a message failed when it ran alone; gone once it is decided."""

    __tablename__ = "learn_attempts"
    __table_args__ = ({"comment": "failed attempts of messages that ran alone"},)

    learn_id: Mapped[str] = mapped_column(primary_key=True, comment="as in learns")
    body_hash: Mapped[str] = mapped_column(primary_key=True, comment="as in learns")
    attempts: Mapped[int] = mapped_column(comment="failures so far")
    error: Mapped[str] = mapped_column(comment="the last failure")
    failed_at: Mapped[Written]


class DeadLetterRow(Base):
    """A message that failed too often, kept so that an operator can retry it."""

    __tablename__ = "dead_letters"
    __table_args__ = ({"comment": "learns that failed too often"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="what the operator names")
    learn_id: Mapped[str] = mapped_column(comment="as in learns")
    subject: Mapped[str] = mapped_column(comment="NATS subject it came on")
    headers: Mapped[dict[str, str]] = mapped_column(JSONB, comment="its headers")
    data: Mapped[bytes] = mapped_column(LargeBinary, comment="its bytes as received, but for secrets")
    redacted: Mapped[bool] = mapped_column(
        Boolean, server_default="false", comment="secrets were taken out, so it is not to the byte what was sent"
    )
    attempts: Mapped[int] = mapped_column(comment="failures before it was given up")
    error: Mapped[str] = mapped_column(comment="the last failure")
    died_at: Mapped[Written]
    retried_at: Mapped[datetime.datetime | None] = mapped_column(comment="when an operator sent it again")


#: What a decision has, in the order of its values.
_DECIDED: Final = (
    "learn_id, body_hash, kind, type, instance_id, codebase_id, state, code, message, slug, seq, body, received_at"
)
_KEY: Final = "pk_learns"
_HOW_MANY: Final = text("""
SELECT patterns.id, count(*) AS learns
FROM patterns JOIN learns ON learns.type = patterns.type AND learns.slug = patterns.slug
WHERE patterns.id = ANY(CAST(:ids AS bigint[])) GROUP BY patterns.id
""")


class TakenError(Exception):
    """A learn_id was decided before: the transaction must be rolled back."""


def known(connection: Connection, learn_ids: Collection[str]) -> dict[str, AnyRow]:
    """Read the decided among these ids."""
    rows = connection.execute(
        select(
            LearnRow.learn_id,
            LearnRow.body_hash,
            LearnRow.state,
            LearnRow.code,
            LearnRow.message,
            LearnRow.type,
            LearnRow.slug,
            LearnRow.seq,
        ).where(LearnRow.learn_id.in_(learn_ids))
    )
    return {row.learn_id: row for row in rows}


def attempted(connection: Connection, learn_ids: Collection[str]) -> set[str]:
    """Read which of these ids failed and will be tried again."""
    rows = connection.execute(select(LearnAttemptRow.learn_id).where(LearnAttemptRow.learn_id.in_(learn_ids)))
    return {row.learn_id for row in rows}


def latest_of(connection: Connection, type_: str, slug: str, limit: int) -> Rows:
    """Read the latest applied learns and feedback of a pattern, of a few thousand at most: columns kind, body."""
    applied = (
        select(LearnRow.learn_id, LearnRow.kind, LearnRow.body, LearnRow.decided_at)
        .where(LearnRow.type == type_, LearnRow.slug == slug, LearnRow.state == "applied", LearnRow.body.is_not(None))
        .limit(2_000)
        .subquery()
    )
    query = select(applied.c.kind, applied.c.body).order_by(applied.c.decided_at.desc(), applied.c.learn_id)
    return connection.execute(query.limit(limit)).all()


def spoken(connection: Connection, type_: str, slugs: Collection[str]) -> Rows:
    """Read what applied learns and feedback say of a pattern, in the order they came; of one moment, learns first.

    Columns learn_id, kind, type, instance_id, codebase_id, slug, seq, body, received_at.
    """
    received = func.coalesce(LearnRow.received_at, LearnRow.decided_at).label("received_at")
    query = select(
        LearnRow.learn_id,
        LearnRow.kind,
        LearnRow.type,
        LearnRow.instance_id,
        LearnRow.codebase_id,
        LearnRow.slug,
        LearnRow.seq,
        LearnRow.body,
        received,
    ).where(
        LearnRow.type == type_,
        LearnRow.slug.in_(slugs),
        LearnRow.state == "applied",
        LearnRow.body.is_not(None),
    )
    # Ids by their bytes, as they are compared everywhere else.
    order = (received, LearnRow.kind.desc(), LearnRow.learn_id.collate("C"))
    return connection.execute(query.order_by(*order)).all()


def how_many(connection: Connection, pattern_ids: Collection[int]) -> dict[int, int]:
    """Count the learns and feedback that were decided under the slugs of patterns, by the pattern's id."""
    rows = connection.execute(_HOW_MANY, {"ids": list(pattern_ids)})
    return {row.id: row.learns for row in rows}


def first_revoked(
    connection: Connection, names: Collection[tuple[str, str]]
) -> dict[tuple[str, str], datetime.datetime]:
    """Return when the first learn of patterns came whose instance was revoked since, by type and slug."""
    received = func.min(func.coalesce(LearnRow.received_at, LearnRow.decided_at)).label("received")
    query = select(LearnRow.type, LearnRow.slug, received).where(
        tuple_(LearnRow.type, LearnRow.slug).in_(names), LearnRow.state == "rejected", LearnRow.code == "revoked"
    )
    rows = connection.execute(query.group_by(LearnRow.type, LearnRow.slug))
    return {(row.type, row.slug): row.received for row in rows}


def revoke(connection: Connection, instance_id: str, since: datetime.datetime | None, message: str) -> int:
    """Let what an instance said, from `since` on or at all, count no more; return how many learns that were."""
    statement = update(LearnRow).where(LearnRow.instance_id == instance_id, LearnRow.state == "applied")
    if since is not None:
        statement = statement.where(func.coalesce(LearnRow.received_at, LearnRow.decided_at) >= since)
    return connection.execute(statement.values(state="rejected", code="revoked", message=message)).rowcount


def record(connection: Connection, decisions: Sequence[Values]) -> None:
    """Insert decisions, their values in the order of LearnRow without decided_at; raises TakenError.

    An id in flight elsewhere is waited for, then taken: rows come sorted by learn_id, so that nobody waits in a ring.
    """
    try:
        copy(connection, "learns", _DECIDED, decisions)
    except IntegrityError as error:
        if getattr(error.orig, "diag").constraint_name != _KEY:  # noqa: B009  psycopg2's, unknown to PEP 249
            raise
        raise TakenError from None


def record_conflict(connection: Connection, *, learn_id: str, body_hash: str, instance_id: str) -> None:
    """Keep the trace of a body refused as `conflict`."""
    connection.execute(
        upsert(LearnConflictRow)
        .values(learn_id=learn_id, body_hash=body_hash, instance_id=instance_id)
        .on_conflict_do_nothing()
    )


def count_attempt(connection: Connection, *, learn_id: str, body_hash: str, error: str) -> int:
    """Count one attempt to run a message alone, before it is made; return how many there are with this one."""
    statement = upsert(LearnAttemptRow).values(learn_id=learn_id, body_hash=body_hash, attempts=1, error=error)
    statement = statement.on_conflict_do_update(
        index_elements=["learn_id", "body_hash"],
        set_={"attempts": LearnAttemptRow.attempts + 1, "error": error, "failed_at": func.now()},
    )
    return int(connection.execute(statement.returning(LearnAttemptRow.attempts)).scalar_one())


def uncount_attempt(connection: Connection, *, learn_id: str, body_hash: str) -> None:
    """Take back the last count: the attempt failed for reasons that were not the message's."""
    connection.execute(
        update(LearnAttemptRow)
        .where(LearnAttemptRow.learn_id == learn_id, LearnAttemptRow.body_hash == body_hash)
        .values(attempts=func.greatest(0, LearnAttemptRow.attempts - 1))
    )


def forget_attempts(connection: Connection, learn_ids: Collection[str]) -> None:
    """Drop the counters of messages that are decided."""
    connection.execute(delete(LearnAttemptRow).where(LearnAttemptRow.learn_id.in_(learn_ids)))


def bury(connection: Connection, row: Mapping[str, Any]) -> int:
    """Keep a dead letter (keys: the columns of DeadLetterRow); return its id."""
    return int(connection.execute(insert(DeadLetterRow).values(**row).returning(DeadLetterRow.id)).scalar_one())


def dead_letters(connection: Connection, *, limit: int, ids: Collection[int] | None = None, above: int = 0) -> Rows:
    """Read dead letters not yet retried, oldest first; those whose id is above a certain one."""
    query = select(DeadLetterRow.__table__).where(DeadLetterRow.retried_at.is_(None), DeadLetterRow.id > above)
    if ids is not None:
        query = query.where(DeadLetterRow.id.in_(ids))
    return connection.execute(query.order_by(DeadLetterRow.id).limit(limit)).all()


def mark_retried(connection: Connection, ids: Collection[int]) -> None:
    """Note that these dead letters were sent again."""
    connection.execute(update(DeadLetterRow).where(DeadLetterRow.id.in_(ids)).values(retried_at=func.now()))


def forget_dead(connection: Connection, learn_ids: Collection[str]) -> None:
    """Drop the decisions `dead_letter` on these ids, so that the messages may be decided anew."""
    connection.execute(delete(LearnRow).where(LearnRow.learn_id.in_(learn_ids), LearnRow.code == "dead_letter"))
