"""Near names for a name that nobody knows.

Keeps the names of one process's view in memory, brought up to date by the feed's sequence; reads, never writes.
"""

import threading
from functools import cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler
from sqlalchemy import Connection

from models import feed, patterns

#: Jaro-Winkler similarity below which a name is no suggestion: a slip of the keys stays above, another word below.
CUTOFF: Final = 0.86
MOST: Final = 5
_PAGE: Final = 5_000


class NearNames:
    """All names by type, refreshed when the feed has moved on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epoch = ""
        self._seq = 0
        self._names: dict[str, dict[str, str]] = {}
        self._keys: dict[tuple[str, str], list[str]] = {}

    def of(self, connection: Connection, type_: str, key: str) -> tuple[str, ...]:
        """Return up to five display names of the type that look like the key, nearest first."""
        with self._lock:
            self._refresh(connection)
            known = self._names.get(type_, {})
            near = process.extract(
                key, known.keys(), scorer=JaroWinkler.similarity, limit=4 * MOST, score_cutoff=CUTOFF
            )
            names = dict.fromkeys(known[found] for found, _score, _index in near)
        return tuple(names)[:MOST]

    def _refresh(self, connection: Connection) -> None:
        head = feed.head(connection)
        if head.epoch != self._epoch:
            self._epoch, self._seq, self._names, self._keys = head.epoch, 0, {}, {}
        while self._seq < head.seq:
            rows = patterns.names_changed_after(connection, self._seq, _PAGE)
            if not rows:
                self._seq = head.seq
                return
            fresh: set[tuple[str, str]] = set()
            for row in rows:
                identity = (row.type, row.slug)
                if identity not in fresh:
                    fresh.add(identity)
                    for old in self._keys.pop(identity, ()):
                        self._names.get(row.type, {}).pop(old, None)
                if not row.retired and row.key:
                    self._names.setdefault(row.type, {})[row.key] = row.name
                    self._keys.setdefault(identity, []).append(row.key)
            self._seq = rows[-1].seq


@cache
def shared_near_names() -> NearNames:
    """Return the names of this process: they are many, and one view of them serves all."""
    return NearNames()
