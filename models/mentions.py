"""Where a name is mentioned: in the words of patterns; and what changed lately, to be looked through.

No table of its own. What a pattern answers to is `patterns`' matter.
"""

from typing import Final

from sqlalchemy import Connection, text

from models.base import Rows

_IN_WORDS: Final = text("""
SELECT type, slug, document FROM patterns
WHERE NOT retired AND search @@ phraseto_tsquery('english', :name)
ORDER BY confidence DESC, type, slug LIMIT :limit
""")

_CHANGED: Final = text("""
SELECT seq, type, slug, op, body AS document FROM (
  SELECT seq, type, slug, op, body FROM feed WHERE kind = 'pattern' AND seq > :seq ORDER BY seq DESC LIMIT :most
) AS latest
ORDER BY seq
""")


def in_words(connection: Connection, name: str, limit: int) -> Rows:
    """Find live patterns whose names or descriptions hold the name: columns type, slug, document."""
    return connection.execute(_IN_WORDS, {"name": name, "limit": limit}).all()


def changed_after(connection: Connection, seq: int, most: int) -> Rows:
    """Read the latest changes of patterns above `seq`, in their order: columns seq, type, slug, op, document."""
    return connection.execute(_CHANGED, {"seq": seq, "most": most}).all()
