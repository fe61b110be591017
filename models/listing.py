"""Lists of patterns as operators want them; the rows are `models.patterns`'s."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from models.base import Rows
from models.patterns import PatternRow


def listed(
    connection: Connection,
    *,
    type_: str | None,
    states: Collection[str],
    source: str | None,
    retired: bool,
    limit: int,
) -> Rows:
    """List patterns, those that changed last first.

    Columns type, slug, name, state, confidence, source, revision, updated_at, merged_into, document.
    """
    query = select(
        PatternRow.type,
        PatternRow.slug,
        PatternRow.name,
        PatternRow.state,
        PatternRow.confidence,
        PatternRow.source,
        PatternRow.revision,
        PatternRow.updated_at,
        PatternRow.merged_into,
        PatternRow.document,
    ).where(PatternRow.retired.is_(retired))
    if type_ is not None:
        query = query.where(PatternRow.type == type_)
    if states:
        query = query.where(PatternRow.state.in_(states))
    if source is not None:
        query = query.where(PatternRow.source == source)
    return connection.execute(query.order_by(PatternRow.seq.desc(), PatternRow.id).limit(limit)).all()
