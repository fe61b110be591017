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
        #: Keys by type and sorted letters; made when somebody first asks for anagrams.
        self._by_letters: dict[tuple[str, str], set[str]] | None = None

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

    def anagrams(self, connection: Connection, type_: str, key: str) -> list[str]:
        """Return the other keys of the type that have just the letters of `key`."""
        with self._lock:
            self._refresh(connection)
            if self._by_letters is None:
                self._by_letters = {}
                for known_type, names in self._names.items():
                    for known in names:
                        self._file(self._by_letters, known_type, known)
            return sorted(self._by_letters.get((type_, _letters(key)), set()) - {key})

    def _refresh(self, connection: Connection) -> None:
        head = feed.head(connection)
        if head.epoch != self._epoch:
            self._epoch, self._seq, self._names, self._keys, self._by_letters = head.epoch, 0, {}, {}, None
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
                        if self._by_letters is not None:
                            self._by_letters[row.type, _letters(old)].discard(old)
                if not row.retired and row.key:
                    self._names.setdefault(row.type, {})[row.key] = row.name
                    self._keys.setdefault(identity, []).append(row.key)
                    if self._by_letters is not None:
                        self._file(self._by_letters, row.type, row.key)
            self._seq = rows[-1].seq

    @staticmethod
    def _file(by_letters: dict[tuple[str, str], set[str]], type_: str, key: str) -> None:
        by_letters.setdefault((type_, _letters(key)), set()).add(key)


def _letters(key: str) -> str:
    return "".join(sorted(key))


@cache
def shared_near_names() -> NearNames:
    """Return the names of this process: they are many, and one view of them serves all."""
    return NearNames()
