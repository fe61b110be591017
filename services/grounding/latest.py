"""What instances taught of patterns lately, held as text: where a name is mentioned is found without the database.

Keeps one process's view, brought up to date by the feed's sequence; reads, never writes. What the catalogue alone says
is left out: its names and descriptions are in an index of their own.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.merging import CURATED_SOURCES
from models import feed, mentions


class _Entry(msgspec.Struct):
    source: str = ""


class _Told(msgspec.Struct):
    """Of a pattern no more than who told of it."""

    provenance: tuple[_Entry, ...] = ()


class _Taught(msgspec.Struct):
    """A pattern's document, and the same in lower case."""

    document: str
    lower: str


_decoder: Final = msgspec.json.Decoder(_Told)


class LatestTaught:
    """The patterns that changed last and of which not the catalogue alone tells, at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._epoch = ""
        self._seq = 0
        #: By type and slug, the latest change last.
        self._kept: OrderedDict[tuple[str, str], _Taught] = OrderedDict()

    def mentioning(self, connection: Connection, names: Sequence[str], limit: int) -> dict[tuple[str, str], str]:
        """Return up to `limit` documents that hold one of the names, given in lower case: the latest by type, slug."""
        found: dict[tuple[str, str], str] = {}
        with self._lock:
            self._refresh(connection)
            for identity, taught in reversed(self._kept.items()):
                if any(name in taught.lower for name in names):
                    found[identity] = taught.document
                    if len(found) == limit:
                        break
        return found

    def _refresh(self, connection: Connection) -> None:
        head = feed.head(connection)
        if head.epoch != self._epoch:
            self._epoch, self._seq = head.epoch, 0
            self._kept.clear()
        if self._seq >= head.seq:
            return
        for row in mentions.changed_after(connection, self._seq, self._most):
            identity = (row.type, row.slug)
            self._kept.pop(identity, None)
            if row.op == "upsert" and _is_taught(row.document):
                self._kept[identity] = _Taught(row.document, row.document.lower())
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        self._seq = head.seq


def _is_taught(document: str) -> bool:
    told = _decoder.decode(document)
    return any(entry.source not in CURATED_SOURCES for entry in told.provenance)
