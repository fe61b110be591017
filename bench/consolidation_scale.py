"""Consolidation of very many patterns, against its bar: `python -m bench.consolidation_scale [--patterns N]`.

Taught through learning itself on a database of its own, with duplicates that are seen together, look-alikes that are
not, contradictions, and claims nobody speaks of any more. Then one run that has all this to do, and one with nothing.
"""

import argparse
import datetime
import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Engine, text

import migrations
from centralcloud_patterns.mining.seen import Kind, Seen
from services import observing
from services.consolidation import running
from services.consolidation.running import Means, Report
from services.curation import due
from services.learning import intake
from services.mining import indexing
from stack.servers import EmbeddedServers
from workers.database import build_engine

PATTERNS = 100_000
SECONDS_BAR = 120.0
_BATCH = 200
#: Of a hundred patterns: told twice and seen together, looking alike, contradictory, stale.
_TWINS, _ALIKE, _CONTRADICTORY, _STALE = 1, 2, 1, 1
#: Patterns that share a key which tells little.
_SHARING = 4
_PAIRS_OF_CODEBASE = 20
_INSTANCES = ("north", "south", "east")
_OLD = datetime.timedelta(days=365)


def main() -> int:
    """Measure, print, and return 1 when the bar is missed."""
    parser = argparse.ArgumentParser(prog="bench.consolidation_scale", description=__doc__)
    parser.add_argument("--patterns", type=int, default=PATTERNS)
    chosen = parser.parse_args()
    with EmbeddedServers(only=("postgres",)) as servers:
        migrations.upgrade(servers.database_url)
        database = build_engine(servers.database_url, "consolidate")
        print(f"{_prepare(database, chosen.patterns):,} patterns taught", flush=True)
        first, second = _run(database), _run(database)
        database.dispose()
    _tell("with all this to do", first)
    _tell("again, with nothing to do", second)
    expected = chosen.patterns // 100 * _TWINS
    sound = len(first.mergers) == expected and second.changed == 0 and not first.failed and not second.failed
    print(f"{len(first.mergers):,} of {expected:,} duplicates merged, {len(first.held):,} look-alikes kept apart")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB at most")
    kept = sound and max(first.seconds, second.seconds) <= SECONDS_BAR
    print(
        f"{'kept  ' if kept else 'MISSED'} {chosen.patterns:,} patterns: ≤ {SECONDS_BAR:.0f} s, and a second run idle"
    )
    return int(not kept)


def _run(database: Engine) -> Report:
    report = running.run(Means(database, _now))
    assert report is not None
    return report


def _tell(what: str, report: Report) -> None:
    print(
        f"{what}: {report.seconds:.1f} s; {report.looked_at:,} looked at, {len(report.mergers):,} merged,"
        f" {len(report.disputed):,} contradictory, {len(report.stale):,} stale, {report.changed:,} changed"
        + (f"; FAILED {report.failed}" if report.failed else ""),
        flush=True,
    )


def _prepare(database: Engine, patterns: int) -> int:
    """Teach everything, record what was seen, and let some of it grow old."""
    learns = _learns(patterns)
    while batch := list(islice(learns, _BATCH)):
        intake.handle(database, lambda _messages: None, _now, batch)
    due.work_off(database, _now, Means(database, _now).standing, seconds=600, until=_now() + _OLD)
    _see(database, patterns)
    with database.begin() as connection:
        connection.execute(text("UPDATE patterns SET updated_at = updated_at - :old WHERE slug LIKE 'stale-%'"), _AGO)
        connection.execute(text("UPDATE learns SET decided_at = decided_at - :old WHERE slug LIKE 'stale-%'"), _AGO)
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        return int(connection.execute(text("SELECT count(*) FROM patterns")).scalar_one())


_AGO = {"old": _OLD}


def _learns(patterns: int) -> Iterator[list[Any]]:
    number = 0
    for place in range(patterns):
        for name, indicators in _taught(place):
            number += 1
            body = {
                "learn_id": f"bench-{number}",
                "instance_id": f"i{number % 50}",
                "codebase_id": f"c{number % 5_000}",
                "name": name,
                "description": "Something that exists in benchmarks only.",
                "indicators": indicators,
            }
            ack = f"$JS.ACK.LEARN.learn.1.{number}.{number}.{time.time_ns()}.0"
            sent = msgspec.json.encode(body).decode()
            yield [ack, "centralcloud.patterns.technology.learn", number, {}, sent]


def _taught(place: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield what is taught of one place in a hundred: the last of them are the special cases."""
    group, kind = place // 100, place % 100
    shared = f"import group{place // _SHARING}"
    name = f"tech-{place}"
    own = [f"dependency npm:{name}", f"file {name}.config.js", shared]
    if kind < 2 * _TWINS:
        # Both names lead to the same packages.
        twin = f"twin-{group}-{kind // 2}"
        yield f"{twin}-framework{'s' if kind % 2 else ''}", [f"dependency npm:{twin}", f"file {twin}.toml"]
    elif kind < 2 * (_TWINS + _ALIKE):
        alike = f"alike-{group}-{kind // 2}"
        yield f"{alike}-{'left' if kind % 2 else 'lift'}", [f"dependency npm:{alike}", f"file {alike}.toml"]
    elif kind >= 100 - _STALE:
        yield f"stale-{place}", own
    elif kind >= 100 - _STALE - _CONTRADICTORY:
        # One says this, one says that: looked into each time, and left side by side.
        yield name, own
        yield name, [{"kind": "file", "glob": f"{name}.config.js", "polarity": "against"}]
    else:
        yield name, own


def _see(database: Engine, patterns: int) -> None:
    """Let three instances see all twins, each pair in a codebase of its own."""
    pairs = [(group, which) for group in range(patterns // 100) for which in range(_TWINS)]
    for instance in _INSTANCES:
        for start in range(0, len(pairs), _PAIRS_OF_CODEBASE):
            both = [
                f"{Kind.PATTERN.value}:technology/twin-{group}-{which}-framework{plural}"
                for group, which in pairs[start : start + _PAIRS_OF_CODEBASE]
                for plural in ("", "s")
            ]
            seen = Seen(tuple(sorted(both)), tuple(sorted(both)))
            observing.record(database, observing.observation(f"{instance}-{start}", instance, seen), _now())
    changed = True
    while changed:
        with database.begin() as connection:
            changed = bool(indexing.index_news(connection).looked_at)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


if __name__ == "__main__":
    sys.exit(main())
