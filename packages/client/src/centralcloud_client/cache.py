"""Every pattern of the centre as of one feed sequence, in SQLite.

Applies changes and answers names. Content and position change in one transaction, so a crash never leaves the position
ahead of the content. Asking the centre for changes is `feed`'s work.
"""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from centralcloud_client import wire
from centralcloud_client.messages.pattern import Pattern
from centralcloud_client.messages.sync import Change, Retired
from centralcloud_client.naming import normalise
from centralcloud_client.results import Changed
from centralcloud_client.state_file import StateFile

#: Ranks of a name: how directly it leads to its pattern.
SLUG, NAME, ALIAS, MERGED = range(4)
_PATTERN: Final = "pattern"
#: Names that one name may lead to.
_MOST_FOUND: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """How far the cache is; `last_contact` is wall-clock time, in seconds, of when it was known to be complete."""

    epoch: str | None
    last_seq: int
    last_contact: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """What applying did; the position is the cache's own, another process may have moved it."""

    epoch: str | None
    last_seq: int
    #: Changes of unknown kinds, or with content that this version cannot read.
    ignored: int = 0


class Cache:
    """The patterns, their names, and the position; safe to use from any thread of one process."""

    def __init__(self, folder: Path) -> None:
        self._writer = StateFile(folder, durable=False)
        self._reader = StateFile(folder, durable=False)

    def position(self) -> Position:
        """Return how far the cache is."""
        with self._reader.reading() as connection:
            return _position(connection)

    def apply(self, changes: Iterable[Change], *, epoch: str, since: int, upto: int, complete: bool = False) -> Applied:
        """Apply what lies above the position, and move it to `upto`; no effect when it does not continue the position.

        `since` is what the changes follow: 0 is a snapshot, which is taken into an empty cache only. Another epoch
        than the cache's empties it first, and needs `since` 0. `complete`: nothing newer was known to the centre.
        """
        with self._writer.writing() as connection:
            at = _position(connection)
            last = at.last_seq
            if at.epoch != epoch:
                if since:
                    return Applied(epoch=at.epoch, last_seq=last)
                _empty(connection, epoch)
                last = 0
            if since > last or (since == 0 < last):
                return Applied(epoch=epoch, last_seq=last)
            ignored = _apply_each(connection, changes, last)
            now = time.time() if complete else at.last_contact
            last = max(last, upto)
            connection.execute("UPDATE meta SET last_seq = ?, last_contact = ?", (last, now))
            return Applied(epoch=epoch, last_seq=last, ignored=ignored)

    def complete_now(self) -> None:
        """Remember that the cache is complete at this moment."""
        with self._writer.writing() as connection:
            connection.execute("UPDATE meta SET last_contact = ?", (time.time(),))

    def find(self, pattern_type: str, name: str) -> tuple[Pattern, ...]:
        """Return the patterns that a name leads to, the most direct first."""
        key = normalise(name)
        if not key:
            return ()
        with self._reader.reading() as connection:
            # CROSS keeps SQLite from walking the patterns first.
            rows = connection.execute(
                "SELECT names.slug, names.rank, patterns.body FROM names CROSS JOIN patterns"
                " ON patterns.type = names.type AND patterns.slug = names.slug"
                " WHERE names.type = ? AND names.key = ? ORDER BY names.rank, names.slug LIMIT ?",
                (pattern_type, key, _MOST_FOUND),
            ).fetchall()
        best: dict[str, tuple[int, Pattern]] = {}
        for slug, rank, body in rows:
            if slug not in best:
                best[slug] = rank, _decoded(body)
        return tuple(pattern for _, pattern in sorted(best.values(), key=_directness))

    def bodies(self) -> tuple[bytes, ...]:
        """Return all patterns as JSON, ordered by type and slug."""
        with self._reader.reading() as connection:
            rows = connection.execute("SELECT body FROM patterns ORDER BY type, slug").fetchall()
        return tuple(row[0] for row in rows)

    def every(self, pattern_type: str | None = None) -> tuple[Pattern, ...]:
        """Return all patterns, or those of one type, ordered by type and slug."""
        found = (_decoded(body) for body in self.bodies())
        return tuple(one for one in found if pattern_type in {None, one.type})

    def count(self) -> int:
        """Return how many patterns there are."""
        with self._reader.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM patterns").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._writer.close()


def _directness(found: tuple[int, Pattern]) -> tuple[int, float, str]:
    rank, pattern = found
    return rank, -pattern.confidence, pattern.slug


def _position(connection: sqlite3.Connection) -> Position:
    epoch, last_seq, last_contact = connection.execute("SELECT epoch, last_seq, last_contact FROM meta").fetchone()
    return Position(epoch=epoch, last_seq=last_seq, last_contact=last_contact)


def _empty(connection: sqlite3.Connection, epoch: str) -> None:
    connection.execute("DELETE FROM patterns")
    connection.execute("DELETE FROM names")
    connection.execute("UPDATE meta SET epoch = ?, last_seq = 0, last_contact = NULL", (epoch,))


def _apply_each(connection: sqlite3.Connection, changes: Iterable[Change], last: int) -> int:
    """Apply what lies above `last`, in order; return how many changes could not be understood."""
    ignored = 0
    for change in sorted(changes, key=lambda one: one.seq):
        if change.seq <= last:
            continue
        last = change.seq
        content = read(change)
        if content is None:
            ignored += 1
        elif content.pattern is not None:
            _upsert(connection, content.pattern, content.seq, bytes(change.pattern))
        else:
            _retire(connection, content.type, content.slug, content.merged_into)
    return ignored


def read(change: Change) -> Changed | None:
    """Return a change's content, or None when this version knows neither its kind nor its shape."""
    if change.kind != _PATTERN:
        return None
    try:
        if change.op == "upsert":
            pattern = msgspec.json.decode(change.pattern, type=Pattern)
            return _changed(change, pattern.type, pattern.slug, pattern, None)
        if change.op == "retire":
            retired = msgspec.json.decode(change.pattern, type=Retired)
            return _changed(change, retired.type, retired.slug, None, retired.merged_into)
    except msgspec.DecodeError:
        return None
    return None


def _changed(change: Change, kind: str, slug: str, pattern: Pattern | None, merged_into: str | None) -> Changed:
    return Changed(
        seq=change.seq,
        epoch=change.epoch,
        op=change.op,
        type=kind,
        slug=slug,
        pattern=pattern,
        merged_into=merged_into,
    )


def _upsert(connection: sqlite3.Connection, pattern: Pattern, seq: int, body: bytes) -> None:
    connection.execute("REPLACE INTO patterns VALUES (?, ?, ?, ?)", (pattern.type, pattern.slug, seq, body))
    connection.execute(
        "DELETE FROM names WHERE type = ? AND slug = ? AND rank < ?", (pattern.type, pattern.slug, MERGED)
    )
    spoken = ((SLUG, pattern.slug), (NAME, pattern.name), *((ALIAS, alias) for alias in pattern.aliases))
    rows = [(pattern.type, normalise(name), rank, pattern.slug) for rank, name in spoken]
    connection.executemany("INSERT OR IGNORE INTO names VALUES (?, ?, ?, ?)", [row for row in rows if row[1]])


def _retire(connection: sqlite3.Connection, kind: str, slug: str, merged_into: str | None) -> None:
    """Forget the pattern; all names that led to it lead on to the survivor of a merge."""
    if merged_into is not None and merged_into != slug:
        connection.execute(
            "INSERT OR IGNORE INTO names SELECT type, key, ?, ? FROM names WHERE type = ? AND slug = ?",
            (MERGED, merged_into, kind, slug),
        )
        connection.execute(
            "INSERT OR IGNORE INTO names VALUES (?, ?, ?, ?)", (kind, normalise(slug), MERGED, merged_into)
        )
    connection.execute("DELETE FROM patterns WHERE type = ? AND slug = ?", (kind, slug))
    connection.execute("DELETE FROM names WHERE type = ? AND slug = ?", (kind, slug))


def _decoded(body: bytes) -> Pattern:
    return wire.decode(body, Pattern)
