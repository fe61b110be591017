"""Packages that nobody knows, ranked, and told to discovery: each once, the most wanted first.

What instances see is a hint at what to find out, never knowledge by itself.
"""

import datetime
from typing import Final

from sqlalchemy import Connection, Engine

from centralcloud_client.naming import normalise
from centralcloud_patterns.manifests.dependency import keys_of_name, normal_name
from centralcloud_patterns.mining.seen import Kind
from centralcloud_patterns.mining.unclaimed import Unclaimed, package_of, unclaimed
from centralcloud_patterns.pattern import PatternType
from models import proposals
from services.discovery import opening
from services.discovery.form import is_name
from services.discovery.opening import Missed
from services.mining.done import Done
from services.mining.index import Index, pair_of
from services.mining.rules import Rules

#: Packages that are kept, and told to discovery in one run.
_KEPT: Final = 500
_TOLD: Final = 20
#: After so long discovery is told again of what is still unknown; its own memory decides what becomes of it.
_AGAIN: Final = datetime.timedelta(days=30)


def rank_packages(connection: Connection, index: Index, rules: Rules, now: datetime.datetime) -> Done:
    """Replace the list of unknown packages by what the index shows now."""
    packages = index.sets(Kind.UNKNOWN, rules.package_codebases)
    known = proposals.claimed(connection, {key for purl in packages for key in _keys(purl)})
    unknown = {purl: bits for purl, bits in packages.items() if known.isdisjoint(_keys(purl))}
    ranked = unclaimed(unknown, index.sets(Kind.PATTERN), index.total)[:_KEPT]
    rows = [
        {
            "purl": it.package,
            "codebases": it.codebases,
            "instances": index.instances(unknown[it.package]),
            "rank": it.rank,
            "beside": _beside(it),
        }
        for it in ranked
    ]
    changed = proposals.replace_packages(connection, rows)
    return Done(len(packages), changed, {"unknown": len(rows)})


def tell_discovery(database: Engine, rules: Rules, now: datetime.datetime, *, enabled: bool) -> int:
    """Have the best ranked packages found out that discovery was not told of; return how many discoveries opened."""
    with database.connect() as connection:
        rows = proposals.untold_packages(connection, instances=rules.instances, before=now - _AGAIN, limit=_TOLD)
    if not rows:
        return 0
    missed = [it for row in rows if (it := _missed(row.purl, row.codebases)) is not None]
    opened = opening.record(database, missed, now, enabled=enabled)
    # Afterwards: what a crash leaves untold is told again, and opened once all the same.
    with database.begin() as connection:
        proposals.mark_told(connection, [row.purl for row in rows], now)
    return opened


def _keys(purl: str) -> set[str]:
    named = package_of(purl)
    return set() if named is None else set(keys_of_name(named[0], normal_name(*named)))


def _missed(purl: str, codebases: int) -> Missed | None:
    named = package_of(purl)
    if named is None or not is_name(named[1], normalise(named[1])):
        return None
    return Missed(PatternType.TECHNOLOGY.value, normalise(named[1]), named[1], "", "", codebases)


def _beside(it: Unclaimed) -> list[dict[str, object]]:
    found = []
    for other in it.beside:
        type_, slug = pair_of(other.pattern)
        found.append({"type": type_, "slug": slug, "share": round(other.share, 2), "lift": round(other.lift, 1)})
    return found
