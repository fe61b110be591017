"""What upkeep reads of all patterns at once: keys that few share, names, tombstones, claims nobody speaks of any more.

No table of its own; inside `services.consolidation`'s transactions.
"""

import datetime
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, text

from models.base import Rows

#: Keys that tell little, however few share them: extensions, folders, whatever has no key, and each pattern's own.
_TELLING: Final = "key NOT LIKE 'slug:%' AND key NOT LIKE 'ext:%' AND key NOT LIKE 'dir:%' AND key NOT LIKE '%*'"
_FEW_SHARE: Final = text(f"""
SELECT pattern_id, array_agg(key ORDER BY key) AS keys, bool_or(owners > 1) AS shares
FROM (
  SELECT pattern_id, key, count(*) OVER (PARTITION BY key) AS owners FROM pattern_keys WHERE {_TELLING}
) AS owned
WHERE owners <= :crowd GROUP BY pattern_id
""")  # noqa: S608  only our own text is put in

_NAMES: Final = text("""
SELECT pattern_id, type, array_agg(key ORDER BY key) AS names
FROM pattern_names WHERE pattern_id = ANY(CAST(:ids AS bigint[])) GROUP BY pattern_id, type
""")

_DESCRIBED: Final = text("""
SELECT id, type, slug, source, state, document FROM patterns
WHERE NOT retired AND id = ANY(CAST(:ids AS bigint[])) ORDER BY id
""")

_TOMBSTONES: Final = text("SELECT type, slug, merged_into FROM patterns WHERE retired AND merged_into IS NOT NULL")

#: Words on a pattern are in learns, sightings in what is mined; both are looked at for what has not changed for long.
_STALE: Final = text("""
SELECT id, type, slug, updated_at FROM patterns AS claim
WHERE NOT retired AND source = 'learn' AND state = 'candidate' AND updated_at < :before
  AND NOT EXISTS (
    SELECT 1 FROM learns WHERE learns.type = claim.type AND learns.slug = claim.slug AND decided_at >= :before
  )
  AND NOT EXISTS (
    SELECT 1 FROM mined_items WHERE kind = 'pattern' AND key = claim.type || '/' || claim.slug AND codebases > 0
  )
ORDER BY id LIMIT :limit
""")

_AGAINST: Final = text("""
SELECT id, document FROM patterns WHERE NOT retired AND strpos(document, '"polarity":"against"') > 0
ORDER BY id LIMIT :limit
""")


def few_share(connection: Connection, crowd: int) -> Rows:
    """Read the telling keys of live patterns that at most `crowd` share: columns pattern_id, keys, shares.

    `shares` tells whether another pattern has one of them, too.
    """
    return connection.execute(_FEW_SHARE, {"crowd": crowd}).all()


def names(connection: Connection, ids: Collection[int]) -> Rows:
    """Read what patterns answer to: columns pattern_id, type, names (normalised)."""
    return connection.execute(_NAMES, {"ids": list(ids)}).all()


def described(connection: Connection, ids: Collection[int]) -> Rows:
    """Read live patterns by id: columns id, type, slug, source, state, document."""
    return connection.execute(_DESCRIBED, {"ids": list(ids)}).all()


def tombstones(connection: Connection) -> Rows:
    """Read who was merged into whom: columns type, slug, merged_into."""
    return connection.execute(_TOMBSTONES).all()


def stale(connection: Connection, before: datetime.datetime, limit: int) -> Rows:
    """Find claims of instances that nobody has spoken of or seen since: columns id, type, slug, updated_at."""
    return connection.execute(_STALE, {"before": before, "limit": limit}).all()


def with_against(connection: Connection, limit: int) -> Rows:
    """Read live patterns that have an indicator against them: columns id, document."""
    return connection.execute(_AGAINST, {"limit": limit}).all()
