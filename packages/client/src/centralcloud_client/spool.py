"""Learns and feedback on disk, from the moment they are said until NATS has them.

Owns order, durability and what NATS refused for good. Sending is `sender`'s work; a row is safe to send any number of
times, because its `learn_id` is in its body.
"""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from centralcloud_client.state_file import StateFile

#: What NATS acknowledged is remembered for so many seconds, and so many of the latest.
_REMEMBERED_SECONDS: Final = 86_400.0
_REMEMBERED: Final = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Spooled:
    """One message that waits."""

    id: int
    learn_id: str
    subject: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptAside:
    """One message that NATS will never take, and why."""

    learn_id: str
    subject: str
    body: bytes
    error: str


class Spool:
    """The queue on disk, shared by all processes that use the folder."""

    def __init__(self, folder: Path) -> None:
        self._file = StateFile(folder, durable=True)
        # What is forgotten may come back after a loss of power: it is sent again, which is safe, and need not wait.
        self._forgetting = StateFile(folder, durable=False)
        self.lock_path = folder / "spool.lock"

    def add(self, learn_id: str, subject: str, body: bytes) -> None:
        """Write one message to disk; the same `learn_id` again is the same message, and keeps its first body."""
        self.add_all([(learn_id, subject, body)])

    def add_all(self, messages: Iterable[tuple[str, str, bytes]]) -> None:
        """Write messages, each `learn_id`, subject and body, to disk: all of them or none."""
        now = time.time()
        with self._file.writing() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO spool (learn_id, subject, body, at) VALUES (?, ?, ?, ?)",
                [(learn_id, subject, body, now) for learn_id, subject, body in messages],
            )

    def head(self, limit: int, most_bytes: int) -> tuple[Spooled, ...]:
        """Return the oldest messages that wait; past `most_bytes` no further one."""
        found: list[Spooled] = []
        size = 0
        with self._forgetting.reading() as connection:
            rows = connection.execute(
                "SELECT id, learn_id, subject, body FROM spool WHERE error IS NULL ORDER BY id LIMIT ?", (limit,)
            )
            for row in rows:
                found.append(_spooled(row))
                size += len(found[-1].body)
                if size > most_bytes:
                    break
            rows.close()
        return tuple(found)

    def remove(self, ids: list[int]) -> None:
        """Drop messages that NATS has acknowledged; that it has is remembered for a while."""
        now = time.time()
        with self._forgetting.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO sent (learn_id, at) SELECT learn_id, ? FROM spool WHERE id = ?",
                [(now, one) for one in ids],
            )
            connection.executemany("DELETE FROM spool WHERE id = ?", [(one,) for one in ids])
            connection.execute("DELETE FROM sent WHERE id <= (SELECT max(id) FROM sent) - ?", (_REMEMBERED,))

    def was_sent(self, learn_id: str) -> bool:
        """Return whether NATS has acknowledged a message not long ago."""
        since = time.time() - _REMEMBERED_SECONDS
        with self._file.reading() as connection:
            row = connection.execute("SELECT 1 FROM sent WHERE learn_id = ? AND at > ?", (learn_id, since)).fetchone()
        return row is not None

    def keep_aside(self, one: int, error: str) -> None:
        """Take a message out of the queue without losing it."""
        with self._forgetting.writing() as connection:
            connection.execute("UPDATE spool SET error = ? WHERE id = ?", (error, one))

    def error_of(self, learn_id: str) -> str | None:
        """Return why a message was kept aside, '' when it waits; raise KeyError when it is not here."""
        with self._file.reading() as connection:
            row = connection.execute("SELECT error FROM spool WHERE learn_id = ?", (learn_id,)).fetchone()
        if row is None:
            raise KeyError(learn_id)
        return row[0] or ""

    def kept_aside(self) -> tuple[KeptAside, ...]:
        """Return what NATS will never take, oldest first."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT learn_id, subject, body, error FROM spool WHERE error IS NOT NULL ORDER BY id"
            ).fetchall()
        return tuple(KeptAside(learn_id=row[0], subject=row[1], body=row[2], error=row[3]) for row in rows)

    def counts(self) -> tuple[int, int]:
        """Return how many wait and how many are kept aside."""
        with self._forgetting.reading() as connection:
            waiting, aside = connection.execute("SELECT count(*) - count(error), count(error) FROM spool").fetchone()
        return waiting, aside

    def close(self) -> None:
        """Close the file."""
        self._forgetting.close()
        self._file.close()


def _spooled(row: sqlite3.Row | tuple[int, str, str, bytes]) -> Spooled:
    return Spooled(id=row[0], learn_id=row[1], subject=row[2], body=row[3])
