"""Patterns that might match some evidence, found by indicator key and decoded once per revision.

Owns the per-process memory of decoded patterns; one indexed query brings the candidates, however many are known. Of
expressions that have no key, the process has a set, as of the feed.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.keying import implied_keys
from centralcloud_patterns.keyless import Residue
from centralcloud_patterns.pattern import Pattern
from models import candidates, feed, patterns
from models.feed import Head

#: Decoded patterns kept: about 4 KB each.
CAPACITY: Final = 20_000

_decoder: Final = msgspec.json.Decoder(Pattern)


class KnownPatterns:
    """A bounded memory of decoded patterns, refreshed by revision."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[int, Pattern]] = OrderedDict()
        self._residue = Residue()
        #: Where the feed stood when the residue was read.
        self._read_at: Head | None = None

    def candidates(self, connection: Connection, keys: Collection[str]) -> list[Pattern]:
        """Return the live patterns that share a key with the evidence, and what those imply, each once."""
        found: dict[int, Pattern] = {}
        asked: set[str] = set()
        keys = {*keys, *self._residue_of(connection).found_by(keys)}
        while keys:
            asked.update(keys)
            fresh = self._sharing(connection, keys)
            found |= fresh
            keys = implied_keys(fresh.values()) - asked
        return list(found.values())

    def _residue_of(self, connection: Connection) -> Residue:
        """Return what has no key; read again when something changed, made anew when that was an expression."""
        head = feed.head(connection)
        with self._lock:
            if self._read_at == head:
                return self._residue
        expressions = candidates.expressions(connection)
        with self._lock:
            if self._residue.keys != frozenset(expressions):
                self._residue = Residue(expressions)
            self._read_at = head
            return self._residue

    def _sharing(self, connection: Connection, keys: Collection[str]) -> dict[int, Pattern]:
        """Return the live patterns that lie under one of the keys, by id."""
        rows = candidates.ids_by_keys(connection, keys)
        with self._lock:
            found = {row.id: kept[1] for row in rows if (kept := self._kept.get(row.id)) and kept[0] == row.revision}
        missing = [row.id for row in rows if row.id not in found]
        if missing:
            fresh = {
                row.id: (row.revision, _decoder.decode(row.document.encode()))
                for row in patterns.documents(connection, missing)
            }
            found |= {identity: pattern for identity, (_revision, pattern) in fresh.items()}
            with self._lock:
                self._kept.update(fresh)
        with self._lock:
            for identity in found:
                if identity in self._kept:
                    self._kept.move_to_end(identity)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return found
