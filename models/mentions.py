"""Where a name is mentioned: in the words of patterns, and in the latest changes, within bounds.

No table of its own. What a pattern answers to is `patterns`' matter.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from models.base import Rows

_IN_WORDS: Final = text("""
SELECT type, slug, document FROM patterns
WHERE NOT retired AND search @@ phraseto_tsquery('english', :name)
ORDER BY confidence DESC, type, slug LIMIT :limit
""")

#: No index on long texts, which every learn would have to keep up: only what changed lately is read.
_IN_LATEST: Final = text("""
SELECT type, slug, body AS document FROM (
  SELECT seq, type, slug, body FROM feed WHERE kind = 'pattern' AND op = 'upsert' ORDER BY seq DESC LIMIT :changes
) AS latest
WHERE EXISTS (SELECT 1 FROM unnest(CAST(:names AS text[])) AS name WHERE strpos(lower(body), name) > 0)
ORDER BY seq DESC LIMIT :limit
""")


def in_words(connection: Connection, name: str, limit: int) -> Rows:
    """Find live patterns whose names or descriptions hold the name: columns type, slug, document."""
    return connection.execute(_IN_WORDS, {"name": name, "limit": limit}).all()


def in_latest(connection: Connection, names: Sequence[str], *, changes: int, limit: int) -> Rows:
    """Find any of the names, in lower case, in the latest changes of patterns: columns type, slug, document."""
    return connection.execute(_IN_LATEST, {"names": list(names), "changes": changes, "limit": limit}).all()
