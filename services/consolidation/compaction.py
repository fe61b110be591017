"""Keep the feed's table bounded: changes that a later one made obsolete go, once every reader is past them."""

from typing import Final

from sqlalchemy import Engine, text

from models import feed, revisions

#: Changes this close to the head always stay, for publishers that lag and for those who ask what happened.
KEPT: Final = 100_000
_ADVISORY_LOCK: Final = 22_6676_283


def compact_feed(database: Engine, published: int, *, kept: int = KEPT) -> int:
    """Delete obsolete changes; `published` is the stream's end, above which nothing goes. Single-flight."""
    with database.begin() as connection:
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}).scalar_one():
            return 0
        below = min(feed.head(connection).seq - kept, published)
        if below <= 0:
            return 0
        revisions.keep(connection, below)
        return feed.compact(connection, below)
