"""Note which patterns are to be derived anew after learns, at little cost where the same ones come up all the time.

What is due is worked off by `services.curation`. A pattern that many speak for takes longer to derive, and waits so.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from models import derivations
from services.pattern_writing import Stored

TAUGHT: Final = "taught"
#: How long what is due waits for more of its kind, and how much longer for each codebase behind it.
_WAIT: Final = datetime.timedelta(seconds=3)
_PER_CODEBASE: Final = datetime.timedelta(milliseconds=10)
_LONGEST: Final = datetime.timedelta(hours=1)
#: No transaction that relies on what another noted lasts longer.
_TRANSACTION: Final = datetime.timedelta(seconds=2)
#: Patterns remembered as noted.
_MOST: Final = 10_000


class Noted:
    """Until when the patterns of one database that this process found noted surely wait."""

    def __init__(self) -> None:
        self._until: dict[int, datetime.datetime] = {}
        self._revocations: int | None = None

    def want(
        self, connection: Connection, due: Sequence[Stored], now: datetime.datetime, revocations: int | None
    ) -> dict[int, datetime.datetime]:
        """Note patterns as due that are not so yet; return what is to `keep` once the transaction is committed.

        `revocations`: the version of what is revoked, as of this transaction. Each has patterns derived at once, which
        leaves nothing noted.
        """
        if revocations != self._revocations:
            self._until.clear()
            self._revocations = revocations
        new = [it for it in due if (until := self._until.get(it.id)) is None or until <= now]
        found: dict[int, datetime.datetime] = {}
        for wait, ids in _by_wait(new).items():
            found |= derivations.note(connection, sorted(ids), now + wait, TAUGHT)
        return found

    def keep(self, noted: Mapping[int, datetime.datetime]) -> None:
        """Remember when patterns are due: another process may have noted them long before."""
        if len(self._until) > _MOST:
            self._until.clear()
        self._until.update({identity: due_at - _TRANSACTION for identity, due_at in noted.items()})


def _wait(stored: Stored) -> datetime.timedelta:
    return min(_LONGEST, _WAIT + stored.standing.support.codebases * _PER_CODEBASE)


def _by_wait(due: Sequence[Stored]) -> dict[datetime.timedelta, list[int]]:
    found: dict[datetime.timedelta, list[int]] = {}
    for stored in due:
        found.setdefault(_wait(stored), []).append(stored.id)
    return found


_noted: WeakKeyDictionary[Engine, Noted] = WeakKeyDictionary()


def of(database: Engine) -> Noted:
    """Return what this process noted in a database."""
    return _noted.setdefault(database, Noted())
