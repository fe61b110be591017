"""Observations as tests and benches make them: without detection, straight from items."""

import datetime
from collections.abc import Iterable

from sqlalchemy import Engine

from centralcloud_patterns.mining.seen import Kind, Seen
from services import observing
from services.mining import indexing
from tests.services.learning_messages import NOW


def see(
    database: Engine,
    codebase: str,
    items: Iterable[str],
    *,
    instance: str = "alpha",
    now: datetime.datetime = NOW,
) -> bool:
    """Record what an instance saw; items as `pattern:framework/nextjs`."""
    listed = tuple(sorted(items))
    patterns = tuple(it for it in listed if it.startswith(f"{Kind.PATTERN.value}:"))
    return observing.record(database, observing.observation(codebase, instance, Seen(listed, patterns)), now)


def index_all(database: Engine) -> int:
    """Index until there is no news; return how many codebases changed."""
    changed = 0
    while True:
        with database.begin() as connection:
            done = indexing.index_news(connection)
        if not done.looked_at:
            return changed
        changed += done.changed
