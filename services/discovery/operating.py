"""What an operator sees of discoveries and may do: list, try again, forget."""

import datetime
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Engine

from centralcloud_client.naming import normalise
from models import discoveries
from models.base import Rows
from services.discovery.identity import Pair

STATES: Final = ("open", "running", "failed", "found")


def ls(
    database: Engine, *, states: Collection[str], type_: str | None = None, reason: str | None = None, limit: int
) -> Rows:
    """List discoveries, the latest change first; columns are DiscoveryRow's."""
    with database.connect() as connection:
        return discoveries.ls(connection, states=states, type_=type_, reason=reason, limit=limit)


def retry(database: Engine, which: Sequence[str], now: datetime.datetime, *, reason: str | None = None) -> Rows:
    """Have discoveries tried again soon, none named: all that failed or were put off, maybe for one reason alone.

    Columns type, key, id.
    """
    ids, pairs = _read(which)
    with database.begin() as connection:
        return discoveries.retry(connection, ids=ids, pairs=pairs, every=not which, reason=reason, now=now)


def forget(database: Engine, which: Sequence[str]) -> Rows:
    """Forget discoveries, so that the next query begins anew; columns type, key, id."""
    ids, pairs = _read(which)
    with database.begin() as connection:
        return discoveries.forget(connection, ids=ids, pairs=pairs)


def _read(which: Sequence[str]) -> tuple[list[str], list[Pair]]:
    """Tell ids from names: `framework/next.js` is a name, everything without a slash an id."""
    pairs = [(type_, normalise(name)) for type_, slash, name in (text.partition("/") for text in which) if slash]
    return [text for text in which if "/" not in text], pairs
