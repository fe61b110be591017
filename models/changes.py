"""The latest state of everything that changes, in feed order: what an instance needs that was away.

Reads across patterns and templates through the feed; each thing shows once, at its last change.
"""

from collections.abc import Collection

from sqlalchemy import Connection, and_, or_, select

from models.feed import FeedChange, FeedRow
from models.patterns import PatternRow
from models.templates import TemplateRow


def latest(
    connection: Connection, *, since: int, upto: int, types: Collection[str], live_only: bool, limit: int
) -> list[FeedChange]:
    """Read up to `limit` latest changes with since < seq <= upto; `types` empty means everything."""
    pattern_still = select(PatternRow.seq).where(
        PatternRow.type == FeedRow.type, PatternRow.slug == FeedRow.slug, PatternRow.seq == FeedRow.seq
    )
    if live_only:
        pattern_still = pattern_still.where(PatternRow.retired.is_(False))
    template_still = select(TemplateRow.seq).where(TemplateRow.seq == FeedRow.seq)
    is_latest = or_(
        and_(FeedRow.kind == "pattern", pattern_still.exists()),
        and_(FeedRow.kind == "template", template_still.exists()),
    )
    query = select(
        FeedRow.seq, FeedRow.kind, FeedRow.op, FeedRow.type, FeedRow.slug, FeedRow.at, FeedRow.hash, FeedRow.body
    ).where(FeedRow.seq > since, FeedRow.seq <= upto, is_latest)
    if types:
        query = query.where(FeedRow.kind == "pattern", FeedRow.type.in_(types))
    return [FeedChange(*row) for row in connection.execute(query.order_by(FeedRow.seq).limit(limit))]
