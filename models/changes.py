"""The latest state of everything that changes, in feed order: what an instance needs that was away.

Reads across patterns and templates through the feed; each thing shows once, at its last change.
"""

from collections.abc import Collection

from sqlalchemy import Connection, case, select

from models.feed import FeedChange, FeedRow
from models.patterns import PatternRow
from models.templates import TemplateRow


def latest(
    connection: Connection, *, since: int, upto: int, types: Collection[str], live_only: bool, limit: int
) -> list[FeedChange]:
    """Read up to `limit` latest changes with since < seq <= upto; `types` empty means everything."""
    # A value to compare with, not `EXISTS`: for that one all patterns would be read, whatever the page.
    last_of_pattern = select(PatternRow.seq).where(PatternRow.type == FeedRow.type, PatternRow.slug == FeedRow.slug)
    if live_only:
        last_of_pattern = last_of_pattern.where(PatternRow.retired.is_(False))
    of_template = select(TemplateRow.seq).where(TemplateRow.name == FeedRow.slug, TemplateRow.seq == FeedRow.seq)
    last = case((FeedRow.kind == "pattern", last_of_pattern.scalar_subquery()), else_=of_template.scalar_subquery())
    query = select(
        FeedRow.seq, FeedRow.kind, FeedRow.op, FeedRow.type, FeedRow.slug, FeedRow.at, FeedRow.hash, FeedRow.body
    ).where(FeedRow.seq > since, FeedRow.seq <= upto, FeedRow.seq == last)
    if types:
        query = query.where(FeedRow.kind == "pattern", FeedRow.type.in_(types))
    return [FeedChange(*row) for row in connection.execute(query.order_by(FeedRow.seq).limit(limit))]
