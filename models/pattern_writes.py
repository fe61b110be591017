"""Statements that find patterns by what they are called, lock them, and write many of them at once.

For learning and the catalogue, inside their open transactions. Reading patterns for answers is `models.patterns`.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from models.base import Rows
from models.recordset import as_rows

#: Ranks of names: the slug, the name, other names; and from here on a name and other names that only instances gave.
LEARNED_NAME: Final = 3

#: Which patterns answer to a name: live ones first, then as lookups order them.
_NAMED: Final = text("""
SELECT asked.type, asked.key, name.rank, found.id, found.slug, found.source, found.retired, found.merged_into
FROM json_to_recordset(CAST(:rows AS json)) AS asked(type text, key text)
JOIN pattern_names AS name ON name.type = asked.type AND name.key = asked.key
JOIN patterns AS found ON found.id = name.pattern_id
ORDER BY found.retired, name.rank, found.confidence DESC, found.slug
""")

#: Serialises those who would create a pattern of the same name; the numbers come sorted.
_RESERVE_NAMES: Final = text("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number")

_LOCK: Final = text("""
SELECT id, source, retired, revision, seq, updated_at
FROM patterns WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE
""")
_DOCUMENTS: Final = text("SELECT id, document FROM patterns WHERE id = ANY(CAST(:ids AS bigint[]))")

#: Documents come from the feed, where this transaction has just put them: they travel once.
_INSERT: Final = text("""
INSERT INTO patterns
  (type, slug, name, state, confidence, category, languages, revision, seq, source, words, document, updated_at)
SELECT new.type, new.slug, name, state, confidence, category, languages, revision, new.seq, source, words, body, at
FROM json_to_recordset(CAST(:rows AS json)) AS new(
  type text, slug text, name text, state text, confidence double precision, category text, languages text[],
  revision bigint, seq bigint, source text, words text)
JOIN feed ON feed.seq = new.seq AND feed.seq BETWEEN :first AND :last
ON CONFLICT (type, slug) DO NOTHING
RETURNING type, slug, id
""")

_UPDATE: Final = text("""
UPDATE patterns SET
  name = new.name, state = new.state, confidence = new.confidence, category = new.category,
  languages = new.languages, revision = new.revision, seq = new.seq, source = new.source, document = feed.body,
  retired = false, merged_into = NULL, updated_at = feed.at
FROM json_to_recordset(CAST(:rows AS json)) AS new(
  id bigint, name text, state text, confidence double precision, category text, languages text[],
  revision bigint, seq bigint, source text)
JOIN feed ON feed.seq = new.seq AND feed.seq BETWEEN :first AND :last
WHERE patterns.id = new.id
""")

#: Apart from _UPDATE: the search index is made anew only where the words changed.
_UPDATE_WORDS: Final = text("""
UPDATE patterns SET words = new.words
FROM json_to_recordset(CAST(:rows AS json)) AS new(id bigint, words text)
WHERE patterns.id = new.id AND patterns.words <> new.words
""")

_RETIRE: Final = text("""
UPDATE patterns SET retired = true, merged_into = new.merged_into, revision = new.revision, seq = new.seq,
  updated_at = :at
FROM json_to_recordset(CAST(:rows AS json)) AS new(id bigint, merged_into text, revision bigint, seq bigint)
WHERE patterns.id = new.id
""")

_DROP_NAMES: Final = text("DELETE FROM pattern_names WHERE pattern_id = ANY(CAST(:ids AS bigint[]))")
_ADD_NAMES: Final = text("""
INSERT INTO pattern_names (type, key, pattern_id, rank)
SELECT type, key, pattern_id, rank
FROM json_to_recordset(CAST(:rows AS json)) AS new(type text, key text, pattern_id bigint, rank bigint)
ON CONFLICT DO NOTHING
""")
_DROP_KEYS: Final = text("DELETE FROM pattern_keys WHERE pattern_id = ANY(CAST(:ids AS bigint[]))")
_ADD_KEYS: Final = text("""
INSERT INTO pattern_keys (key, learned, pattern_id)
SELECT key, learned, pattern_id
FROM json_to_recordset(CAST(:rows AS json)) AS new(key text, learned boolean, pattern_id bigint)
ON CONFLICT DO NOTHING
""")

_ADD_SUPPORT: Final = text("""
INSERT INTO pattern_support (pattern_id, instance_id, codebase_id, confirmed, rejected)
SELECT pattern_id, instance_id, codebase_id, confirmed, rejected
FROM json_to_recordset(CAST(:rows AS json)) AS new(
  pattern_id bigint, instance_id text, codebase_id text, confirmed bigint, rejected bigint)
ON CONFLICT (pattern_id, instance_id, codebase_id)
DO UPDATE SET confirmed = excluded.confirmed, rejected = excluded.rejected
WHERE (pattern_support.confirmed, pattern_support.rejected) <> (excluded.confirmed, excluded.rejected)
RETURNING pattern_id, codebase_id <> '' AS tells_codebase, xmax <> 0 AS turned,
  -- Seen as before this statement: what the word is compared with. LIMIT keeps each an index probe.
  xmax <> 0 OR rejected > 0 OR (
    SELECT true FROM pattern_support AS other
    WHERE other.pattern_id = pattern_support.pattern_id AND other.rejected > 0 LIMIT 1
  ) IS NOT NULL AS disputed,
  (
    SELECT true FROM pattern_support AS other
    WHERE other.pattern_id = pattern_support.pattern_id AND other.instance_id = pattern_support.instance_id LIMIT 1
  ) IS NOT NULL AS knows_instance,
  (
    SELECT true FROM pattern_support AS other
    WHERE other.pattern_id = pattern_support.pattern_id AND other.codebase_id = pattern_support.codebase_id LIMIT 1
  ) IS NOT NULL AS knows_codebase
""")

_SUPPORT: Final = text("""
SELECT pattern_id,
  count(DISTINCT codebase_id) FILTER (WHERE confirmed > 0 AND codebase_id <> '') AS codebases,
  count(DISTINCT instance_id) FILTER (WHERE confirmed > 0) AS instances,
  -- Whoever confirms it somewhere knows it: a rejection elsewhere speaks of that match alone.
  count(DISTINCT instance_id) FILTER (WHERE confirmed > 0 OR rejected > 0)
    - count(DISTINCT instance_id) FILTER (WHERE confirmed > 0) AS rejecting
FROM pattern_support WHERE pattern_id = ANY(CAST(:ids AS bigint[])) GROUP BY pattern_id
""")

#: Sorted, so that of two words of one speaker the one on the later pattern is read last.
_SPEAKERS: Final = text("""
SELECT instance_id, codebase_id, confirmed, rejected FROM pattern_support
WHERE pattern_id = ANY(CAST(:ids AS bigint[])) ORDER BY pattern_id, instance_id, codebase_id
""")
_COPY_SUPPORT: Final = text("""
INSERT INTO pattern_support (pattern_id, instance_id, codebase_id, confirmed, rejected)
SELECT :survivor, instance_id, codebase_id, max(confirmed), max(rejected) FROM pattern_support
WHERE pattern_id = ANY(CAST(:ids AS bigint[])) GROUP BY instance_id, codebase_id
ON CONFLICT DO NOTHING
""")
_REPLACE_SUPPORT: Final = text("""
WITH said AS (
  SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS new(
    pattern_id bigint, instance_id text, codebase_id text, confirmed bigint, rejected bigint)
), gone AS (
  DELETE FROM pattern_support AS known WHERE pattern_id = ANY(CAST(:ids AS bigint[])) AND NOT EXISTS (
    SELECT 1 FROM said WHERE said.pattern_id = known.pattern_id AND said.instance_id = known.instance_id
      AND said.codebase_id = known.codebase_id
  )
)
INSERT INTO pattern_support (pattern_id, instance_id, codebase_id, confirmed, rejected)
SELECT pattern_id, instance_id, codebase_id, confirmed, rejected FROM said
ON CONFLICT (pattern_id, instance_id, codebase_id)
DO UPDATE SET confirmed = excluded.confirmed, rejected = excluded.rejected
WHERE (pattern_support.confirmed, pattern_support.rejected) <> (excluded.confirmed, excluded.rejected)
""")
_DROP_SUPPORT: Final = text("DELETE FROM pattern_support WHERE pattern_id = ANY(CAST(:ids AS bigint[]))")

_SPOKEN_OF: Final = text("""
SELECT DISTINCT patterns.id FROM learns
JOIN patterns ON patterns.type = learns.type AND patterns.slug = learns.slug
WHERE learns.instance_id = :instance_id AND learns.state = 'applied' ORDER BY patterns.id
""")

#: Readers go on; whoever would lock or change a pattern waits.
_EXCLUDE_OTHERS: Final = text("LOCK TABLE patterns IN EXCLUSIVE MODE")
_IDS_OF_SOURCE: Final = text("SELECT id FROM patterns WHERE source = :source")


def named(connection: Connection, names: Collection[tuple[str, str]]) -> Rows:
    """Find who answers to each (type, key), best first: type, key, rank, id, slug, source, retired, merged_into."""
    return connection.execute(_NAMED, as_rows([{"type": type_, "key": key} for type_, key in names])).all()


def reserve_names(connection: Connection, numbers: Sequence[int]) -> None:
    """Wait until nobody else creates patterns under these names; `numbers` (64 bits) come sorted."""
    connection.execute(_RESERVE_NAMES, {"numbers": list(numbers)})


def lock(connection: Connection, ids: Collection[int]) -> Rows:
    """Lock patterns in the order of their ids; columns id, source, retired, revision, seq, updated_at."""
    return connection.execute(_LOCK, {"ids": list(ids)}).all()


def documents(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Read the documents of patterns, by id."""
    return {row.id: row.document for row in connection.execute(_DOCUMENTS, {"ids": list(ids)})}


def insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Insert patterns whose documents are in the feed; return the ids of those whose (type, slug) was free."""
    return {(row.type, row.slug): row.id for row in connection.execute(_INSERT, _numbered(rows))}


def update(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace patterns by id, all columns but identity and words; what was retired lives again.

    Their documents are in the feed.
    """
    connection.execute(_UPDATE, _numbered(rows))


def update_words(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the words (id, words) that search looks through."""
    connection.execute(_UPDATE_WORDS, as_rows(rows))


def retire(connection: Connection, rows: Sequence[Mapping[str, Any]], at: datetime.datetime) -> None:
    """Mark patterns (id, merged_into, revision, seq) as no longer answered; their names stay."""
    connection.execute(_RETIRE, as_rows(rows) | {"at": at})


def replace_names(connection: Connection, ids: Sequence[int], names: Sequence[Mapping[str, Any]]) -> None:
    """Make `names` (type, key, pattern_id, rank) the only names of these patterns."""
    connection.execute(_DROP_NAMES, {"ids": list(ids)})
    connection.execute(_ADD_NAMES, as_rows(names))


def replace_keys(connection: Connection, ids: Sequence[int], keys: Sequence[Mapping[str, Any]]) -> None:
    """Make `keys` (key, learned, pattern_id) the only indicator keys of these patterns."""
    connection.execute(_DROP_KEYS, {"ids": list(ids)})
    connection.execute(_ADD_KEYS, as_rows(keys))


def add_support(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Rows:
    """Record who speaks for patterns (pattern_id, instance_id, codebase_id, confirmed, rejected); the latest counts.

    Returns what was news, one row a word: columns pattern_id, tells_codebase, and compared with what was known before,
    turned (its speaker said the contrary), disputed (somebody is or was against it, or this word changed),
    knows_instance, knows_codebase.
    """
    return connection.execute(_ADD_SUPPORT, as_rows(rows)).all()


def support(connection: Connection, ids: Collection[int]) -> Rows:
    """Count support: columns pattern_id, codebases, instances, rejecting (instances that say nothing else)."""
    return connection.execute(_SUPPORT, {"ids": list(ids)}).all()


def speakers(connection: Connection, ids: Collection[int]) -> Rows:
    """Read who speaks for or against patterns: columns instance_id, codebase_id, confirmed, rejected."""
    return connection.execute(_SPEAKERS, {"ids": list(ids)}).all()


def replace_support(connection: Connection, ids: Collection[int], rows: Sequence[Mapping[str, Any]]) -> None:
    """Make these words (as for `add_support`) all that is said of patterns `ids`; what is so already is left alone."""
    connection.execute(_REPLACE_SUPPORT, as_rows(rows) | {"ids": list(ids)})


def spoken_of_by(connection: Connection, instance_id: str) -> list[int]:
    """Read the ids of patterns that an instance's applied learns went into, retired ones too."""
    return list(connection.execute(_SPOKEN_OF, {"instance_id": instance_id}).scalars())


def move_support(connection: Connection, ids: Collection[int], survivor: int) -> None:
    """Make what was said of patterns `ids` count for `survivor`, whose own support stands."""
    connection.execute(_COPY_SUPPORT, {"ids": list(ids), "survivor": survivor})
    connection.execute(_DROP_SUPPORT, {"ids": list(ids)})


def exclude_others(connection: Connection) -> None:
    """Be the only one who changes patterns until the transaction ends."""
    connection.execute(_EXCLUDE_OTHERS)


def ids_of_source(connection: Connection, source: str) -> list[int]:
    """Read the ids of all patterns of one source, retired ones too."""
    return list(connection.execute(_IDS_OF_SOURCE, {"source": source}).scalars())


def _numbered(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return rows and between which of the feed's numbers theirs are, so that the feed is read by its index."""
    seqs = [row["seq"] for row in rows]
    return as_rows(rows) | {"first": min(seqs), "last": max(seqs)}
