"""Figures over whole tables, for those who look at the knowledge as such: agreement, what waits, what is most seen.

No table of its own. Each reads much, and is for operators and schedules only.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from models.base import AnyRow, Rows

_AGREEMENT: Final = """
WITH told AS (
  SELECT pattern_id, count(DISTINCT instance_id) FILTER (WHERE confirmed > 0) AS instances,
    sum(confirmed) AS confirmed, sum(rejected) AS rejected
  FROM pattern_support GROUP BY pattern_id
)
SELECT count(*) AS patterns, coalesce(sum(told.confirmed), 0)::bigint AS confirmed,
  coalesce(sum(told.rejected), 0)::bigint AS rejected,
  count(*) FILTER (WHERE told.confirmed > 0 AND told.rejected > 0) AS disputed{rungs}
FROM patterns LEFT JOIN told ON told.pattern_id = patterns.id WHERE NOT retired
"""
_RUNG: Final = (
    ",\n  count(*) FILTER (WHERE told.instances >= :instances_{n} AND confidence >= :confidence_{n}) AS rung_{n}"
)

_WAITING: Final = text("""
SELECT type, name, asked, first_asked_at, last_asked_at, count(*) OVER () AS altogether FROM misses
WHERE NOT EXISTS (
  SELECT 1 FROM pattern_names AS named JOIN patterns ON patterns.id = named.pattern_id AND NOT retired
  WHERE named.type = misses.type AND named.key = misses.key
)
ORDER BY asked DESC, last_asked_at DESC, type, name LIMIT :limit
""")

_MOST_SEEN: Final = text("""
SELECT patterns.type, slug, name, state, confidence, codebases
FROM mined_items JOIN patterns ON NOT retired AND patterns.type = split_part(key, '/', 1)
  AND slug = substr(key, strpos(key, '/') + 1)
WHERE kind = 'pattern' AND codebases > 0 ORDER BY codebases DESC, patterns.type, slug LIMIT :limit
""")
_MOST_TAUGHT: Final = text("""
SELECT type, slug, name, state, confidence, codebases FROM (
  SELECT pattern_id, count(DISTINCT codebase_id) AS codebases FROM pattern_support
  WHERE confirmed > 0 AND codebase_id <> '' GROUP BY pattern_id
) AS told JOIN patterns ON id = pattern_id AND NOT retired
ORDER BY codebases DESC, type, slug LIMIT :limit
""")

_LEARNS: Final = text("SELECT kind, state, count(*) AS learns FROM learns GROUP BY kind, state ORDER BY kind, state")
_DISCOVERIES: Final = text("""
SELECT state, coalesce(reason, found_by, '') AS how, count(*) AS discoveries FROM discoveries
GROUP BY state, how ORDER BY state, discoveries DESC, how
""")
_LAST_RUNS: Final = text("""
SELECT DISTINCT ON (job) job, state, started_at, seconds, looked_at, changed FROM runs ORDER BY job, id DESC
""")


def agreement(connection: Connection, rungs: Sequence[tuple[int, float]]) -> AnyRow:
    """Count words for and against, and the live patterns that climbed each rung (instances, confidence) of a ladder.

    Columns patterns, confirmed, rejected, disputed, rung_0, rung_1, …
    """
    statement = text(_AGREEMENT.format(rungs="".join(_RUNG.format(n=place) for place in range(len(rungs)))))
    given: dict[str, float] = {f"instances_{place}": instances for place, (instances, _confidence) in enumerate(rungs)}
    given |= {f"confidence_{place}": confidence for place, (_instances, confidence) in enumerate(rungs)}
    return connection.execute(statement, given).one()


def waiting(connection: Connection, limit: int) -> Rows:
    """List the most wanted names that nobody knows yet.

    Columns type, name, asked, first_asked_at, last_asked_at, altogether (how many such names there are).
    """
    return connection.execute(_WAITING, {"limit": limit}).all()


def most_seen(connection: Connection, limit: int) -> Rows:
    """List the patterns that most codebases were seen to have: type, slug, name, state, confidence, codebases."""
    return connection.execute(_MOST_SEEN, {"limit": limit}).all()


def most_taught(connection: Connection, limit: int) -> Rows:
    """List the patterns that were taught from most codebases; columns as of most_seen."""
    return connection.execute(_MOST_TAUGHT, {"limit": limit}).all()


def learns(connection: Connection) -> Rows:
    """Count learns and feedback: columns kind, state, learns."""
    return connection.execute(_LEARNS).all()


def discoveries(connection: Connection) -> Rows:
    """Count discoveries: columns state, how (by what it was found, or why not), discoveries."""
    return connection.execute(_DISCOVERIES).all()


def last_runs(connection: Connection) -> Rows:
    """Read the latest run of each job: columns job, state, started_at, seconds, looked_at, changed."""
    return connection.execute(_LAST_RUNS).all()
