"""The one SQLite file of a client: opening it, its tables, moving a broken one aside.

Cache and spool live in it; several processes may use it at once (WAL). What the rows mean is `cache`'s and `spool`'s.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from centralcloud_client.errors import ClientClosedError, StateError

FILE: Final = "client-v1.sqlite3"
_MAKING_SECONDS: Final = 5.0
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS patterns (
    type TEXT NOT NULL, slug TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (type, slug)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (
    type TEXT NOT NULL, key TEXT NOT NULL, rank INTEGER NOT NULL, slug TEXT NOT NULL,
    PRIMARY KEY (type, key, rank, slug)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS names_of ON names (type, slug);
CREATE TABLE IF NOT EXISTS meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT, last_seq INTEGER NOT NULL DEFAULT 0, last_contact REAL);
INSERT OR IGNORE INTO meta (one) VALUES (1);
CREATE TABLE IF NOT EXISTS spool (
    id INTEGER PRIMARY KEY AUTOINCREMENT, learn_id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, body BLOB NOT NULL,
    at REAL NOT NULL, error TEXT);
CREATE TABLE IF NOT EXISTS sent (
    id INTEGER PRIMARY KEY AUTOINCREMENT, learn_id TEXT NOT NULL UNIQUE, at REAL NOT NULL);
"""


class StateFile:
    """One connection behind a lock: usable from any thread, never across a fork."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        """Open or make the file; `durable` waits for the disk at each commit."""
        self._lock = threading.RLock()
        self._closed = False
        self.path = folder / FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = self._open(durable)
        except (OSError, sqlite3.Error) as error:
            raise StateError(f"cannot use {self.path}: {error}") from error

    def _open(self, durable: bool) -> sqlite3.Connection:
        try:
            return _patiently_prepared(self.path, durable)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            # Not a database any more. What it held is kept for a person to look at; the cache fills itself again.
            stamp = int(time.time())
            for suffix in ("", "-wal", "-shm"):
                broken = self.path.with_name(self.path.name + suffix)
                if broken.exists():
                    broken.replace(broken.with_name(f"{broken.name}.broken-{stamp}"))
            return _prepared(self.path, durable)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to one thread at a time."""
        with self._lock, _told_apart(self.path):
            yield self._usable()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run a write transaction: all of it, or nothing."""
        with self._lock, _told_apart(self.path):
            connection = self._usable()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk ends the transaction by itself; one that is left open would refuse the next.
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _usable(self) -> sqlite3.Connection:
        if self._closed:
            raise ClientClosedError("this client was closed")
        return self._connection

    def close(self) -> None:
        """Close the connection; whoever uses it from now on hears that the client was closed."""
        with self._lock:
            self._closed = True
            self._connection.close()


@contextlib.contextmanager
def _told_apart(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.Error as error:
        raise StateError(f"cannot use {path}: {error}") from error


def _patiently_prepared(path: Path, durable: bool) -> sqlite3.Connection:
    """Open the file while other processes may be making it: changing to WAL does not wait for locks by itself."""
    deadline = time.monotonic() + _MAKING_SECONDS
    while True:
        try:
            return _prepared(path, durable)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _prepared(path: Path, durable: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection
