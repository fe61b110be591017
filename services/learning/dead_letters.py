"""The operator's way to learns that failed too often: list them, and send them again.

Sending is the caller's: `retry` makes room for messages to be decided anew and hands them out, `sent` strikes them off.
"""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from centralcloud_client import headers
from models import learns

MAX_LISTED: Final = 1_000
#: Letters that are handed out at a time: so many are sent twice at most, should the sender be killed.
_RETRIED_AT_ONCE: Final = 100
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

    id: int
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


def retry(database: Engine, ids: Collection[int] | None = None, *, above: int = 0) -> list[Retry]:
    """Forget the decisions on the next dead letters, of all or of these, and return their messages to publish again.

    Those whose number is above the last that were handed out. They stay listed until they are `sent`.
    """
    with database.begin() as connection:
        rows = learns.dead_letters(connection, limit=_RETRIED_AT_ONCE, ids=ids, above=above)
        learn_ids = [row.learn_id for row in rows]
        learns.forget_dead(connection, learn_ids)
        learns.forget_attempts(connection, learn_ids)
    return [
        Retry(row.id, row.subject, _headers(row.headers, row.learn_id), bytes(row.data), redacted=row.redacted)
        for row in rows
    ]


def sent(database: Engine, ids: Collection[int]) -> None:
    """Strike dead letters off that NATS keeps again; should they fail once more, they are new ones."""
    with database.begin() as connection:
        learns.mark_retried(connection, ids)


def _headers(sent: Mapping[str, str], learn_id: str) -> dict[str, str]:
    """Return the headers as sent, the id made explicit: a digest alone would not survive other headers."""
    kept = {name: value for name, value in sent.items() if name != _LEARN_ID}
    return kept | {headers.LEARN_ID: learn_id}
