"""Search patterns of one type by words: Postgres full text, best first, a page at a time.

Rides the `detect` queue, so that no search can hold up a lookup by name.
"""

import msgspec
from sqlalchemy import Engine

from centralcloud_client import wire
from centralcloud_client.messages.replies import QueryReply
from models import feed, patterns
from services import answers, cursors
from services.suggesting import NearNames


def search(
    database: Engine,
    near: NearNames,
    *,
    type_: str,
    words: str,
    category: str | None,
    language: str | None,
    limit: int,
    cursor: str | None,
    min_confidence: float | None = None,
) -> QueryReply:
    """Return the patterns that hold the words; near names when there are none."""
    offset = cursors.read(cursor)
    with database.connect() as connection:
        head = feed.head(connection)
        rows = patterns.find(
            connection,
            type_=type_,
            words=words,
            category=category,
            language=language,
            min_confidence=min_confidence or 0.0,
            offset=offset,
            limit=limit + 1,
        )
        suggestions = near.of(connection, type_, words) if not rows else ()
    documents = [row.document.encode() for row in rows[:limit]]
    kept = answers.fitting(documents, [len(document) for document in documents])
    return QueryReply(
        v=wire.VERSION,
        ok=True,
        status="found" if kept else "not_found",
        source="store",
        epoch=head.epoch,
        as_of=head.seq,
        patterns=tuple(msgspec.Raw(document) for document in kept),
        reason=None if kept else "no_match",
        suggestions=msgspec.UNSET if kept else suggestions,
        next=cursors.write(offset + len(kept)) if len(rows) > len(kept) else None,
    )
