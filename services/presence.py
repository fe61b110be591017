"""Notice which instances ask, without making them wait: each is told of once a minute or so, by one process.

Where an instance is in the feed is told whenever it has asked for all changes. What is kept is `models.presence`'s.
"""

import datetime
import threading
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Engine

from models import presence

_EVERY: Final = datetime.timedelta(seconds=60)
#: What is told at once, and how many more each second: ids cost nothing, whoever invents many is not followed.
_AT_ONCE: Final = 20.0
_PER_SECOND: Final = 5.0
#: Instances remembered; with more, some are told of more often.
_MOST: Final = 10_000
_LONGEST: Final = 256


class Attention:
    """When this process last told of each instance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, datetime.datetime] = {}
        self._left = _AT_ONCE
        self._counted_at: datetime.datetime | None = None

    def news(self, instances: Iterable[str], now: datetime.datetime, *, anyway: bool = False) -> list[str]:
        """Return the instances that are to be told of now, which this remembers; `anyway`: all that have a name."""
        with self._lock:
            if len(self._told) > _MOST:
                self._told.clear()
            found = [
                who
                for who in dict.fromkeys(instances)
                if who and (anyway or (told := self._told.get(who)) is None or now - told >= _EVERY)
            ]
            if not found or not self._may_tell(now):
                return []
            self._told.update(dict.fromkeys(found, now))
        return found

    def _may_tell(self, now: datetime.datetime) -> bool:
        if self._counted_at is not None:
            earned = max(0.0, (now - self._counted_at).total_seconds()) * _PER_SECOND
            self._left = min(_AT_ONCE, self._left + earned)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def note(database: Engine, instances: Iterable[str], position: int | None, now: datetime.datetime) -> None:
    """Keep that instances were heard of, and where in the feed they are if they told."""
    named = {who: position for who in instances if 0 < len(who) <= _LONGEST and "\0" not in who}
    if named:
        with database.begin() as connection:
            presence.note(connection, named, now)
