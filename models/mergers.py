"""Who was merged into whom: a tombstone leads to the pattern that took its place, which has what was said of both.

No table of its own: `merged_into` is a column of `models.patterns`. Merging itself is `services.curation`'s.
"""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, text

from models.base import Rows

#: Up to those that stand, then down to all that went into them; UNION ends where somebody made a ring.
_FAMILIES: Final = text("""
WITH RECURSIVE up AS (
  SELECT id, type, slug, merged_into FROM patterns WHERE id = ANY(CAST(:ids AS bigint[]))
  UNION SELECT further.id, further.type, further.slug, further.merged_into FROM up
    JOIN patterns AS further ON further.type = up.type AND further.slug = up.merged_into
), down AS (
  SELECT id AS root, id, type, slug FROM up WHERE merged_into IS NULL
  UNION SELECT down.root, absorbed.id, absorbed.type, absorbed.slug FROM down
    JOIN patterns AS absorbed ON absorbed.type = down.type AND absorbed.merged_into = down.slug
)
SELECT down.root, found.id, found.type, found.slug, found.retired, found.merged_into
FROM down JOIN patterns AS found ON found.id = down.id ORDER BY down.root, found.id
""")

#: Tombstones lead where their pattern has gone in turn, so that a name is one step away.
_REPOINT: Final = text("""
UPDATE patterns SET merged_into = :survivor
WHERE retired AND type = :type AND merged_into = ANY(CAST(:gone AS text[])) AND slug <> :survivor
""")


def families(connection: Connection, ids: Collection[int]) -> Rows:
    """Read patterns and all that was merged into them: columns root, id, type, slug, retired, merged_into.

    A root that was itself merged leads to the one that took its place.
    """
    return connection.execute(_FAMILIES, {"ids": list(ids)}).all()


def repoint(connection: Connection, type_: str, gone: Sequence[str], survivor: str) -> None:
    """Let tombstones that lead to patterns `gone` lead to `survivor`; instances follow the chain by themselves."""
    connection.execute(_REPOINT, {"type": type_, "gone": list(gone), "survivor": survivor})
