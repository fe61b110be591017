"""Patterns that a process has read or written lately, decoded: most are taught again soon.

Never trusted by itself: what is recalled is the revision that the locked row names, by number, feed seq and time. So
whatever else happened to the database, another content is another entry.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from models.base import AnyRow
from services.pattern_writing import Stored

#: Patterns kept, and bytes of document above which none is.
_MOST: Final = 4_096
_LARGEST: Final = 8 * 1024


class Remembered:
    """The latest patterns of one database, shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: OrderedDict[int, Stored] = OrderedDict()

    def recall(self, row: AnyRow) -> Stored | None:
        """Return what a locked row (id, revision, seq, updated_at) holds, if it is remembered."""
        known = self._by_id.get(row.id)
        if known is None or (known.revision, known.seq, known.at) != (row.revision, row.seq, row.updated_at):
            return None
        return known

    def keep(self, patterns: Iterable[Stored]) -> None:
        """Remember patterns as they are committed."""
        with self._lock:
            for pattern in patterns:
                if pattern.size <= _LARGEST:
                    self._by_id[pattern.id] = pattern
                    self._by_id.move_to_end(pattern.id)
            while len(self._by_id) > _MOST:
                self._by_id.popitem(last=False)


_remembered: WeakKeyDictionary[Engine, Remembered] = WeakKeyDictionary()


def of(database: Engine) -> Remembered:
    """Return what this process remembers of a database."""
    return _remembered.setdefault(database, Remembered())
