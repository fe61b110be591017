"""The ledger of calls to a model: what was asked, how far it came, what it cost.

A row is one attempt at one question. It goes from reserved through sent to done or failed, each step in a commit of its
own; what may be done next, and whether, is services.paid_calls.
"""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Index,
    Numeric,
    UniqueConstraint,
    and_,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import AnyRow, Base, Rows

#: Taken by whoever reserves or records: "cc" and "paid" in telephone digits.
_BUDGET_LOCK: Final = 22_7243


class LlmCallRow(Base):
    """One attempt at one question."""

    __tablename__ = "llm_calls"
    __table_args__ = (
        UniqueConstraint(
            "model", "template", "template_version", "input_hash", "attempt", name="uq_llm_calls_question_attempt"
        ),
        Index("ix_llm_calls_day", "day"),
        Index("ix_llm_calls_open", "lease_until", postgresql_where=text("state IN ('reserved', 'sent')")),
        {"comment": "calls to a model that cost money, one row an attempt"},
    )

    id: Mapped[str] = mapped_column(primary_key=True, comment="what provenance names the call by")
    model: Mapped[str] = mapped_column(comment="model as configured")
    template: Mapped[str] = mapped_column(comment="prompt template's name")
    template_version: Mapped[int] = mapped_column(comment="prompt template's version")
    input_hash: Mapped[str] = mapped_column(comment="sha256 of prompt and output schema, lower hex")
    attempt: Mapped[int] = mapped_column(comment="counts from 1 within the question")
    repair: Mapped[bool] = mapped_column(Boolean, comment="asks to mend an answer that did not validate")
    purpose: Mapped[str] = mapped_column(comment="discovery or enrichment")
    type: Mapped[str] = mapped_column(comment="pattern type it is about")
    key: Mapped[str] = mapped_column(comment="normalised name or slug it is about")
    instance_id: Mapped[str] = mapped_column(comment="whose asking caused it; empty: nobody in particular")
    state: Mapped[str] = mapped_column(comment="reserved, sent, done or failed")
    day: Mapped[datetime.date] = mapped_column(Date, comment="day (UTC) whose caps it counts against")
    owner: Mapped[str] = mapped_column(comment="token of whoever holds the lease")
    lease_until: Mapped[datetime.datetime] = mapped_column(comment="until then nobody else takes it")
    reserved_at: Mapped[datetime.datetime] = mapped_column(comment="when its budget was reserved")
    sent_at: Mapped[datetime.datetime | None] = mapped_column(comment="when it was about to leave")
    ended_at: Mapped[datetime.datetime | None] = mapped_column(comment="when its outcome was known")
    paid: Mapped[bool] = mapped_column(Boolean, comment="counts against the caps: paid, reserved, or perhaps paid")
    prompt_tokens: Mapped[int] = mapped_column(comment="as the server counted")
    completion_tokens: Mapped[int] = mapped_column(comment="as the server counted")
    cost: Mapped[Decimal] = mapped_column(Numeric(18, 8), comment="tokens by the prices then set")
    served_by: Mapped[str | None] = mapped_column(comment="model as the server named it")
    output: Mapped[str | None] = mapped_column(comment="the validated answer as JSON text")
    raw: Mapped[str | None] = mapped_column(comment="an answer that did not validate, cut, as a JSON string")
    code: Mapped[str | None] = mapped_column(comment="one word when failed")
    error: Mapped[str | None] = mapped_column(comment="what went wrong when failed")


class Asked(NamedTuple):
    """What makes two questions the same."""

    model: str
    template: str
    template_version: int
    input_hash: str


class Spent(NamedTuple):
    """Calls that count against the caps, and those under way."""

    day: int
    instance: int
    pattern: int
    in_flight: int


_OPEN: Final = ("reserved", "sent")


def lock_budget(connection: Connection) -> None:
    """Let nobody else reserve or record until this transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_BUDGET_LOCK)))


def attempts(connection: Connection, asked: Asked) -> Rows:
    """Read all attempts at a question, oldest first."""
    row = LlmCallRow
    same = and_(
        row.model == asked.model,
        row.template == asked.template,
        row.template_version == asked.template_version,
        row.input_hash == asked.input_hash,
    )
    return connection.execute(select(row.__table__).where(same).order_by(row.attempt)).all()


def spent(
    connection: Connection,
    *,
    day: datetime.date,
    now: datetime.datetime,
    purpose: str,
    instance_id: str,
    subject: tuple[str, str],
    besides: str | None = None,
) -> Spent:
    """Count what was spent on a day, altogether, by one instance for one purpose, and on one pattern; and what is in
    flight now. The row `besides` is left out.
    """
    row = LlmCallRow
    today = and_(row.day == day, row.paid)
    flying = and_(row.state.in_(_OPEN), row.lease_until > now)
    query = select(
        func.count().filter(today),
        func.count().filter(today, row.instance_id == instance_id, row.purpose == purpose),
        func.count().filter(today, row.type == subject[0], row.key == subject[1]),
        func.count().filter(flying),
    ).where(or_(row.day == day, flying))
    if besides is not None:
        query = query.where(row.id != besides)
    return Spent(*connection.execute(query).one())


def reserve(connection: Connection, row: Mapping[str, Any]) -> None:
    """Insert an attempt in state `reserved` (keys: the columns of LlmCallRow that are not null)."""
    connection.execute(insert(LlmCallRow).values(**row))


def take_over(
    connection: Connection,
    call_id: str,
    *,
    owner: str,
    day: datetime.date,
    now: datetime.datetime,
    until: datetime.datetime,
) -> None:
    """Make a reservation that its owner left unused one's own."""
    values = {"owner": owner, "day": day, "reserved_at": now, "lease_until": until}
    connection.execute(update(LlmCallRow).where(LlmCallRow.id == call_id).values(**values))


def mark_sent(
    connection: Connection, call_id: str, owner: str, *, now: datetime.datetime, until: datetime.datetime
) -> bool:
    """Note that the request is about to leave; False when the reservation is no longer the owner's."""
    row = LlmCallRow
    ours = and_(row.id == call_id, row.owner == owner, row.state == "reserved")
    done = connection.execute(update(row).where(ours).values(state="sent", sent_at=now, lease_until=until))
    return done.rowcount == 1


def end(connection: Connection, call_id: str, owner: str, values: Mapping[str, Any]) -> bool:
    """Write an outcome (state, ended_at and what belongs to it); False when the row is not the owner's."""
    ours = and_(LlmCallRow.id == call_id, LlmCallRow.owner == owner)
    return connection.execute(update(LlmCallRow).where(ours).values(**values)).rowcount == 1


def in_flight(connection: Connection, now: datetime.datetime) -> Rows:
    """List what is reserved or sent, oldest first, with `lost`: whether its lease ran out."""
    row = LlmCallRow
    query = select(row.__table__, (row.lease_until <= now).label("lost")).where(row.state.in_(_OPEN))
    return connection.execute(query.order_by(row.reserved_at).limit(100)).all()


def last_failures(connection: Connection, since: datetime.date, limit: int) -> Rows:
    """List the latest failures since a day, newest first."""
    row = LlmCallRow
    query = select(row.__table__).where(row.state == "failed", row.day >= since)
    return connection.execute(query.order_by(row.ended_at.desc()).limit(limit)).all()


def paid_on(connection: Connection, day: datetime.date) -> int:
    """Count the calls that count against a day's caps."""
    query = select(func.count()).where(LlmCallRow.day == day, LlmCallRow.paid)
    return int(connection.execute(query).scalar_one())


#: What spending can be told by.
BY: Final[Mapping[str, tuple[ColumnElement[Any], ...]]] = {
    "day": (LlmCallRow.day.expression,),
    "purpose": (LlmCallRow.purpose.expression,),
    "instance": (LlmCallRow.instance_id.expression,),
    "pattern": (LlmCallRow.type.expression, LlmCallRow.key.expression),
    "model": (LlmCallRow.model.expression,),
}


def spending(connection: Connection, by: str, *, since: datetime.date, limit: int) -> list[AnyRow]:
    """Sum calls, paid calls, failures, tokens and cost since a day, by one of BY; the most expensive first."""
    row, columns = LlmCallRow, BY[by]
    paid = func.count().filter(row.paid)
    cost = func.sum(row.cost)
    query = select(
        *columns,
        func.count().label("calls"),
        paid.label("paid"),
        func.count().filter(row.state == "failed").label("failed"),
        func.sum(row.prompt_tokens).label("prompt_tokens"),
        func.sum(row.completion_tokens).label("completion_tokens"),
        cost.label("cost"),
    )
    order = [row.day.desc()] if by == "day" else [cost.desc(), paid.desc(), *columns]
    rows = query.where(row.day >= since).group_by(*columns).order_by(*order).limit(limit)
    return list(connection.execute(rows).all())
