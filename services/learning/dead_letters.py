"""The operator's way to learns that failed too often: list them, and send them again.

Sending is the caller's: `retry` only makes room for the messages to be decided anew and hands them out.
"""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from centralcloud_client import headers
from models import learns

MAX_LISTED: Final = 1_000
_LEARN_ID: Final = headers.LEARN_ID.lower()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up."""

    id: int
    learn_id: str
    subject: str
    headers: Mapping[str, str]
    data: bytes
    #: Secrets were taken out of it.
    redacted: bool
    attempts: int
    error: str
    died_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Retry:
    """A message to publish again, under the id it had."""

    subject: str
    headers: Mapping[str, str]
    data: bytes
    #: Secrets were taken out: applied, it teaches what was sent but for them.
    redacted: bool


def ls(database: Engine, *, limit: int = 100, ids: Collection[int] | None = None) -> list[DeadLetter]:
    """Return dead letters that were not retried, oldest first."""
    with database.connect() as connection:
        rows = learns.dead_letters(connection, limit=min(limit, MAX_LISTED), ids=ids)
    return [
        DeadLetter(
            id=row.id,
            learn_id=row.learn_id,
            subject=row.subject,
            headers=row.headers,
            data=bytes(row.data),
            redacted=row.redacted,
            attempts=row.attempts,
            error=row.error,
            died_at=row.died_at,
        )
        for row in rows
    ]


def retry(database: Engine, ids: Collection[int] | None = None) -> list[Retry]:
    """Forget the decisions on dead letters (all of them by default) and return their messages to publish again.

    At most MAX_LISTED at a time. A message that is lost on its way is still in the table, marked as retried.
    """
    with database.begin() as connection:
        rows = learns.dead_letters(connection, limit=MAX_LISTED, ids=ids)
        learn_ids = [row.learn_id for row in rows]
        learns.forget_dead(connection, learn_ids)
        learns.forget_attempts(connection, learn_ids)
        learns.mark_retried(connection, [row.id for row in rows])
    return [
        Retry(row.subject, _headers(row.headers, row.learn_id), bytes(row.data), redacted=row.redacted) for row in rows
    ]


def _headers(sent: Mapping[str, str], learn_id: str) -> dict[str, str]:
    """Return the headers as sent, the id made explicit: a digest alone would not survive other headers."""
    kept = {name: value for name, value in sent.items() if name != _LEARN_ID}
    return kept | {headers.LEARN_ID: learn_id}
