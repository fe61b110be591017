"""What instances said of patterns in codebases that were counted: the truth that weights are learned from.

Reads `pattern_support` and the index beside it; owns no table.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, text

from models.base import Rows

_BY_INSTANCE: Final = text("""
SELECT instance_id, pattern_id, count(*) FILTER (WHERE confirmed > 0) AS confirmed,
  count(*) FILTER (WHERE rejected > 0) AS rejected
FROM pattern_support WHERE codebase_id <> '' GROUP BY instance_id, pattern_id
""")
#: Verdicts of one codebase count as one, by majority; where it is split they say nothing.
_OF_PATTERNS: Final = text("""
SELECT pattern_id, number, sum(confirmed - rejected) > 0 AS has
FROM pattern_support JOIN mined_codebases USING (codebase_id)
WHERE NOT instance_id = ANY(CAST(:without AS text[]))
GROUP BY pattern_id, number HAVING sum(confirmed - rejected) <> 0 ORDER BY pattern_id
""")
_IDENTITIES: Final = text("""
SELECT id, type, slug, document FROM patterns WHERE id = ANY(CAST(:ids AS bigint[])) AND NOT retired
""")


def by_instance(connection: Connection) -> Rows:
    """Count each instance's verdicts on each pattern: columns instance_id, pattern_id, confirmed, rejected."""
    return connection.execute(_BY_INSTANCE).all()


def of_patterns(connection: Connection, without: Collection[str]) -> Iterator[tuple[int, list[int], list[int]]]:
    """Yield for each pattern the numbers of codebases that have it, and of those that don't.

    The verdicts of some instances are left out.
    """
    streamed = connection.execute(_OF_PATTERNS, {"without": sorted(without)}, execution_options={"yield_per": 10_000})
    for pattern_id, rows in groupby(streamed, key=lambda row: row.pattern_id):
        have: list[int] = []
        lack: list[int] = []
        for row in rows:
            (have if row.has else lack).append(row.number)
        yield pattern_id, have, lack


def live(connection: Connection, ids: Collection[int]) -> Mapping[int, Any]:
    """Read live patterns by id: rows of id, type, slug, document."""
    return {row.id: row for row in connection.execute(_IDENTITIES, {"ids": sorted(ids)})}
