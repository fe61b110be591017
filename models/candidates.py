"""Which patterns may match some evidence: those that share an indicator key with it.

The query that detection waits for. The table it reads is `models.patterns`'s, what the keys mean is the core's.
"""

from collections.abc import Collection

from sqlalchemy import Connection, text

from centralcloud_patterns.keying import MAX_SHARING
from centralcloud_patterns.keyless import MARK, MAX_EXPRESSIONS, SUBJECTS
from models.base import Rows

#: Cost follows the keys asked for, not the patterns known: each key is one probe of the index, which stops where the
#: key is crowded, and OFFSET 0 keeps the planner from reading a table instead. Keys come as one text: a thousand
#: placeholders take longer to parse than to look up.
_PREPARE = """
PREPARE patterns_by_keys(text, bigint) AS
SELECT live.id, live.revision FROM (
  SELECT DISTINCT sharing.pattern_id FROM unnest(string_to_array($1, E'\\n')) AS asked(key)
  CROSS JOIN LATERAL (
    SELECT pattern_id, learned, count(*) OVER () AS patterns FROM (
      SELECT pattern_id, learned FROM pattern_keys WHERE key = asked.key ORDER BY learned, pattern_id LIMIT $2 + 1
    ) AS first
  ) AS sharing
  WHERE sharing.patterns <= $2 OR NOT sharing.learned
) AS found
CROSS JOIN LATERAL (SELECT id, revision FROM patterns WHERE id = found.pattern_id AND NOT retired OFFSET 0) AS live
ORDER BY live.id
"""
#: Whoever is vouched for first. Those who have one lie under a key of its own, so nothing else is looked at.
_EXPRESSIONS = text("""
SELECT keys.key FROM (
  SELECT learned, pattern_id FROM pattern_keys WHERE key = :mark ORDER BY learned, pattern_id LIMIT :most
) AS marked
CROSS JOIN LATERAL (
  SELECT key FROM pattern_keys WHERE pattern_id = marked.pattern_id AND key ~ :expression OFFSET 0
) AS keys
GROUP BY keys.key ORDER BY min(marked.learned::int), min(marked.pattern_id), keys.key LIMIT :most
""")
_BY_KEYS = text("EXECUTE patterns_by_keys(:keys, :most)")
_PREPARED = "patterns_by_keys is prepared"


def ids_by_keys(connection: Connection, keys: Collection[str]) -> Rows:
    """Find live patterns that share an indicator key: columns id, revision; by a crowded key, only curated ones."""
    if _PREPARED not in connection.info:
        connection.exec_driver_sql(_PREPARE)
        connection.info[_PREPARED] = True
    return connection.execute(_BY_KEYS, {"keys": _listed(keys), "most": MAX_SHARING}).all()


def expressions(connection: Connection) -> list[str]:
    """Read the keys that are expressions, those of curated patterns first; bounded."""
    beginnings = f"^({'|'.join(SUBJECTS)})"
    asked = {"mark": MARK, "most": MAX_EXPRESSIONS, "expression": beginnings}
    return list(connection.execute(_EXPRESSIONS, asked).scalars())


def _listed(keys: Collection[str]) -> str:
    """Return keys as one text; those that no row can hold, since evidence is hostile, are left out."""
    listed = "\n".join(key for key in keys if "\n" not in key and "\0" not in key)
    # Half of a surrogate pair is no text either.
    return listed if listed.isascii() else listed.encode("utf-8", "ignore").decode()
