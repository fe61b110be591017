"""Discoveries: names that nobody knew, and what became of finding them out; one row a (type, key).

Truth about what is to be done, by whom until when, and what failed: tasks are hints to look here. Taking one is
`discovery_claims`' matter, policy `services.discovery`'s.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Index, delete, func, or_, select, text, tuple_, update
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Rows
from models.recordset import as_rows


class DiscoveryRow(Base):
    """One name to be found out."""

    __tablename__ = "discoveries"
    __table_args__ = (
        Index("ix_discoveries_due_at", "due_at", postgresql_where=text("state IN ('open', 'running')")),
        {"comment": "names that nobody knew, and what became of finding them out"},
    )

    type: Mapped[str] = mapped_column(primary_key=True, comment="pattern type asked")
    key: Mapped[str] = mapped_column(primary_key=True, comment="normalised name")
    id: Mapped[str] = mapped_column(unique=True, comment="derived from type and key: what askers are told")
    name: Mapped[str] = mapped_column(comment="as it was spelled when it was asked for")
    instance_id: Mapped[str] = mapped_column(comment="on whose account it is; empty: anonymous")
    trace: Mapped[str] = mapped_column(comment="correlation id of the query that began it")
    state: Mapped[str] = mapped_column(comment="open, running, found or failed")
    reason: Mapped[str | None] = mapped_column(comment="code: why it failed or was put off")
    message: Mapped[str | None] = mapped_column(comment="one sentence for an operator, with the reason")
    found_by: Mapped[str | None] = mapped_column(comment="known, alias, same, facts or model")
    slug: Mapped[str | None] = mapped_column(comment="the pattern that was found")
    runs: Mapped[int] = mapped_column(comment="how often it was begun: only the last run may settle it")
    failures: Mapped[int] = mapped_column(comment="in a row: the pause grows with them")
    due_at: Mapped[datetime.datetime] = mapped_column(
        comment="open: not before; running: taken away then; failed: not asked about again before"
    )
    opened_at: Mapped[datetime.datetime] = mapped_column(
        comment="when it was last begun anew: older answers are not used"
    )
    changed_at: Mapped[datetime.datetime] = mapped_column(comment="last change of state")


_KNOWN: Final = text("""
SELECT found.type, found.key, found.id, found.state, found.reason, found.found_by, found.slug, found.due_at
FROM json_to_recordset(CAST(:rows AS json)) AS asked(type text, key text)
JOIN discoveries AS found ON found.type = asked.type AND found.key = asked.key
""")

#: New names, and those whose time has come to be tried again; everything else is left as it is.
_MAY_BEGIN: Final = """
(discoveries.state = 'failed' AND (discoveries.due_at <= :now OR discoveries.reason = :obsolete))
  OR (discoveries.state = 'found' AND discoveries.changed_at <= :settled)
"""
_OPEN: Final = text(f"""
INSERT INTO discoveries (type, key, id, name, instance_id, trace, state, runs, failures, due_at, opened_at, changed_at)
SELECT type, key, id, name, instance_id, trace, 'open', 0, 0, :now, :now, :now
FROM json_to_recordset(CAST(:rows AS json)) AS new(
  type text, key text, id text, name text, instance_id text, trace text)
ON CONFLICT (type, key) DO UPDATE SET
  name = excluded.name, instance_id = excluded.instance_id, trace = excluded.trace, state = 'open', reason = NULL,
  message = NULL, found_by = NULL, slug = NULL, due_at = :now, opened_at = :now,
  changed_at = :now
WHERE {_MAY_BEGIN}
RETURNING type, key
""")  # noqa: S608  only our own text is put in
#: The same names, where nothing more may be opened.
_TURN_AWAY: Final = text(f"""
INSERT INTO discoveries (
  type, key, id, name, instance_id, trace, state, reason, message, runs, failures, due_at, opened_at, changed_at)
SELECT type, key, id, name, instance_id, trace, 'failed', :reason, :message, 0, 0, :due_at, :now, :now
FROM json_to_recordset(CAST(:rows AS json)) AS new(
  type text, key text, id text, name text, instance_id text, trace text)
ON CONFLICT (type, key) DO UPDATE SET
  state = 'failed', reason = :reason, message = :message, found_by = NULL, slug = NULL, due_at = :due_at,
  changed_at = :now
WHERE {_MAY_BEGIN}
RETURNING type, key, id, reason, due_at
""")  # noqa: S608  as above


def known(connection: Connection, pairs: Collection[tuple[str, str]]) -> Rows:
    """Read where finding out (type, key) stands: columns type, key, id, state, reason, found_by, slug, due_at."""
    return connection.execute(_KNOWN, as_rows([{"type": type_, "key": key} for type_, key in pairs])).all()


def open_(
    connection: Connection,
    rows: Sequence[Mapping[str, Any]],
    *,
    now: datetime.datetime,
    settled: datetime.datetime,
    obsolete: str | None,
) -> int:
    """Open what is new or may be tried again (type, key, id, name, instance_id, trace); return how many.

    Failures whose reason is `obsolete` may, and what was found before `settled` and is unknown again. Rows come sorted
    and differ in (type, key).
    """
    values = as_rows(rows) | {"now": now, "settled": settled, "obsolete": obsolete}
    return len(connection.execute(_OPEN, values).all())


def turn_away(
    connection: Connection,
    rows: Sequence[Mapping[str, Any]],
    values: Mapping[str, Any],
    *,
    now: datetime.datetime,
    settled: datetime.datetime,
    obsolete: str | None,
) -> Rows:
    """Let what `open_` would open fail instead (values: reason, message, due_at).

    Columns type, key, id, reason, due_at.
    """
    if not rows:
        return ()
    given = as_rows(rows) | {"now": now, "settled": settled, "obsolete": obsolete, **values}
    return connection.execute(_TURN_AWAY, given).all()


def with_unsettled(connection: Connection, instances: Collection[str], most: int) -> set[str]:
    """Return those of the instances on whose account so much is open or running."""
    query = (
        select(DiscoveryRow.instance_id)
        .where(DiscoveryRow.state.in_(("open", "running")), DiscoveryRow.instance_id.in_(instances))
        .group_by(DiscoveryRow.instance_id)
        .having(func.count() >= most)
    )
    return set(connection.execute(query).scalars())


def count_unsettled(connection: Connection) -> int:
    """Count what is open or running."""
    return int(
        connection.execute(
            select(func.count()).select_from(DiscoveryRow).where(DiscoveryRow.state.in_(("open", "running")))
        ).scalar_one()
    )


def settle(connection: Connection, type_: str, key: str, runs: int, values: Mapping[str, Any]) -> bool:
    """Write what became of run number `runs`; False when it was taken over or forgotten meanwhile."""
    statement = (
        update(DiscoveryRow)
        .where(
            DiscoveryRow.type == type_,
            DiscoveryRow.key == key,
            DiscoveryRow.runs == runs,
            DiscoveryRow.state == "running",
        )
        .values(**values)
    )
    return connection.execute(statement).rowcount == 1


def ls(connection: Connection, *, states: Collection[str], type_: str | None, reason: str | None, limit: int) -> Rows:
    """List discoveries, the latest change first; all columns."""
    query = select(DiscoveryRow.__table__).where(DiscoveryRow.state.in_(states))
    if type_ is not None:
        query = query.where(DiscoveryRow.type == type_)
    if reason is not None:
        query = query.where(DiscoveryRow.reason == reason)
    return connection.execute(
        query.order_by(DiscoveryRow.changed_at.desc(), DiscoveryRow.type, DiscoveryRow.key).limit(limit)
    ).all()


def retry(
    connection: Connection,
    *,
    ids: Collection[str],
    pairs: Collection[tuple[str, str]],
    every: bool,
    reason: str | None,
    now: datetime.datetime,
) -> Rows:
    """Open those again that failed or were put off, for one `reason` or any, `every` one or the named: columns type,
    key, id.
    """
    statement = update(DiscoveryRow).where(DiscoveryRow.state.in_(("failed", "open")))
    if not every:
        statement = statement.where(_named(ids, pairs))
    if reason is not None:
        statement = statement.where(DiscoveryRow.reason == reason)
    statement = statement.values(
        state="open", reason=None, message=None, failures=0, due_at=now, opened_at=now, changed_at=now
    )
    returned = statement.returning(DiscoveryRow.type, DiscoveryRow.key, DiscoveryRow.id)
    return connection.execute(returned.execution_options(synchronize_session=False)).all()


def forget(connection: Connection, *, ids: Collection[str], pairs: Collection[tuple[str, str]]) -> Rows:
    """Delete discoveries, so that the next query begins anew: columns type, key, id."""
    statement = delete(DiscoveryRow).where(_named(ids, pairs))
    return connection.execute(statement.returning(DiscoveryRow.type, DiscoveryRow.key, DiscoveryRow.id)).all()


def forget_old(connection: Connection, before: datetime.datetime) -> int:
    """Delete what was settled before, and not asked about since; return how many."""
    return connection.execute(
        delete(DiscoveryRow).where(
            DiscoveryRow.state.in_(("failed", "found")),
            DiscoveryRow.changed_at < before,
            DiscoveryRow.due_at < before,
        )
    ).rowcount


def _named(ids: Collection[str], pairs: Collection[tuple[str, str]]) -> Any:
    named = [DiscoveryRow.id.in_(ids)]
    if pairs:
        named.append(tuple_(DiscoveryRow.type, DiscoveryRow.key).in_(pairs))
    return or_(*named)
