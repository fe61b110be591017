"""How many observations of one instance are kept in a day: what is more is left out, and the answer says so.

Counted where they are written, in each process; what others wrote is read once a minute of those who write at all. So a
detection that brings nothing new costs nothing here, and what is taken beyond a quota is little.
"""

import datetime
import threading
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from models import observations

#: The word of the protocol for it.
CODE: Final = "quota_exceeded"
_READ_EVERY: Final = datetime.timedelta(minutes=1)
#: Instances that are remembered.
_MOST: Final = 10_000


@dataclass(slots=True)
class _Count:
    """What one instance left in one day, as far as this process knows."""

    day: datetime.date
    written: int
    read_at: datetime.datetime


class ObservationQuota:
    """What one process counted in one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}

    def is_used_up(self, instance_id: str, most: int, now: datetime.datetime) -> bool:
        """Tell whether an instance is known to have left all it may today; asks nobody."""
        count = self._counts.get(instance_id)
        return count is not None and count.day == now.date() and count.written >= most

    def take(self, connection: Connection, instance_id: str, most: int, now: datetime.datetime) -> bool:
        """Count one observation more, if there may be one."""
        with self._lock:
            count = self._counts.get(instance_id)
            if count is None or count.day != now.date() or now - count.read_at >= _READ_EVERY:
                before = count.written if count is not None and count.day == now.date() else 0
                if len(self._counts) >= _MOST:
                    self._counts.clear()
                # What was seen again in another way is one row and was written twice: the higher count stands.
                written = max(before, observations.count_since(connection, instance_id, _midnight(now)))
                count = self._counts[instance_id] = _Count(now.date(), written, now)
            if count.written >= most:
                return False
            count.written += 1
            return True


def _midnight(now: datetime.datetime) -> datetime.datetime:
    return now.astimezone(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


_quotas: WeakKeyDictionary[Engine, ObservationQuota] = WeakKeyDictionary()


def of(database: Engine) -> ObservationQuota:
    """Return what this process counted in a database."""
    return _quotas.setdefault(database, ObservationQuota())
