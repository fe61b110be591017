"""Show that a detection costs the same whatever is known: `python -m bench.scale [--most N] [--rounds N]`.

Four migrated databases with the catalogue and 1 k to 1 M invented patterns are asked about the same evidence in turn,
so that the machine's noise hits all alike; then the same in memory, as clients do offline. What counts is the ratio.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

import migrations
from bench import invented, trees
from centralcloud_client import wire
from centralcloud_client.naming import normalise
from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import Index, keys_of, slug_key
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Pattern
from models.copying import Values, copy
from services import catalogue
from services.detection import detect
from services.known_patterns import KnownPatterns
from stack.servers import EmbeddedServers
from workers.database import build_engine

SIZES = (1_000, 10_000, 100_000, 1_000_000)
#: In memory an invented pattern takes about 5 KB.
MOST_IN_MEMORY = 100_000
BAR = 1.2
_BATCH = 20_000
#: Behind whatever the catalogue has.
_FIRST_ID = 1_000_000
_COLUMNS = (
    "id, type, slug, name, state, confidence, category, languages, revision, seq, source, document, words, updated_at"
)


@dataclass(slots=True)
class Subject:
    """Something that detects with so many patterns; times are seconds, one row a round, one column a tree."""

    size: int
    detect: Callable[[Evidence], int]
    found: int = 0
    times: list[list[float]] = field(default_factory=list)


def main() -> int:
    """Fill, measure, print; returns 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench.scale", description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="largest number of patterns")
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    sizes = [size for size in SIZES if size <= chosen.most]
    shown = [Evidence(files=files) for files in trees.small().values()] + [trees.collected(trees.HERE)]
    with databases(sizes) as engines:
        in_postgres = [_in_postgres(size, engine) for size, engine in engines.items()]
        _measure(in_postgres, shown, chosen.rounds)
    in_memory = [_in_memory(size) for size in sizes if size <= MOST_IN_MEMORY]
    _measure(in_memory, shown, chosen.rounds)
    table = Table("patterns", "where", "found", "median, ms", f"÷ {SIZES[0]:,}", "worst tree", "bar")
    kept = [_tell(table, "Postgres", in_postgres), _tell(table, "memory", in_memory)]
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    return 0 if all(kept) else 1


def _in_postgres(size: int, engine: Engine) -> Subject:
    known = KnownPatterns()

    def ask(evidence: Evidence) -> int:
        matches = detect(engine, known, evidence, type_=None).matches
        return len(matches) if isinstance(matches, tuple) else 0

    return Subject(size, ask)


def _in_memory(size: int) -> Subject:
    files = sorted((trees.HERE / "catalogue").glob("*.yaml"))
    index = Index(pattern for file in files for pattern in parse(file.read_text("utf-8"), file.stem))
    for pattern in invented.patterns(0, size):
        index.put(pattern)

    def ask(evidence: Evidence) -> int:
        facts = extract(evidence)
        return len(match(facts, index.candidates(facts.keys)).matches)

    return Subject(size, ask)


def _measure(subjects: Sequence[Subject], shown: Sequence[Evidence], rounds: int) -> None:
    for subject in subjects:
        # What a process does once: plans, decoded patterns, compiled expressions.
        subject.found = max(sum(subject.detect(evidence) for evidence in shown) for _ in range(2))
        subject.times = [[] for _ in range(rounds)]
    for turn in range(rounds):
        for evidence in shown:
            # Each goes first as often as the others.
            for place in range(len(subjects)):
                subject = subjects[(place + turn) % len(subjects)]
                began = time.perf_counter()
                subject.detect(evidence)
                subject.times[turn].append(time.perf_counter() - began)


def _tell(table: Table, where: str, subjects: Sequence[Subject]) -> bool:
    """Add a line for each size; return whether all keep the bar."""
    least, kept = subjects[0], True
    for subject in subjects:
        by_round = [sum(mine) / sum(its) for mine, its in zip(subject.times, least.times, strict=True)]
        ratio = statistics.median(by_round)
        pairs = zip(zip(*subject.times, strict=True), zip(*least.times, strict=True), strict=True)
        # Of a single tree the fastest rounds: its median still holds what else the machine did.
        worst = max(min(mine) / min(its) for mine, its in pairs)
        median = statistics.median(seconds for row in subject.times for seconds in row)
        held = ratio <= BAR
        kept &= held
        verdict = f"≤ {BAR}: {'kept' if held else 'missed'}"
        cells = (f"{subject.size:,}", where, f"{subject.found}", f"{median * 1000:.2f}", f"{ratio:.2f}", f"{worst:.2f}")
        table.add_row(*cells, verdict)
    return kept


@contextmanager
def databases(sizes: Sequence[int]) -> Iterator[dict[int, Engine]]:
    """Yield an engine for a database of each size, all on one server that is gone afterwards."""
    with EmbeddedServers(only=("postgres",)) as servers, ExitStack() as cleaning:
        url = make_url(servers.database_url)
        migrations.upgrade(servers.database_url)
        engine = create_engine(url)
        catalogue.load(engine, trees.HERE / "catalogue")
        urls = {}
        for before, size in zip([0, *sizes], sizes, strict=False):
            began = time.perf_counter()
            _add(engine, before, size)
            # Nobody may be connected to what is copied; the largest is the original itself.
            engine.dispose()
            urls[size] = url if size == sizes[-1] else _copied(url, f"with_{size}")
            print(f"{size:,} patterns beside the catalogue: {time.perf_counter() - began:.0f} s", flush=True)
        engines = {
            size: build_engine(one.render_as_string(hide_password=False), "detect") for size, one in urls.items()
        }
        for one in engines.values():
            cleaning.callback(one.dispose)
        yield engines


def _copied(url: URL, name: str) -> URL:
    """Copy a database, and return the copy's address."""
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{url.database}" STRATEGY file_copy'))
    engine.dispose()
    return url.set(database=name)


def _add(engine: Engine, first: int, last: int) -> None:
    """Append the patterns of these numbers with their names and keys, and leave the tables as autovacuum would."""
    with engine.begin() as connection:
        # Rows are right by making: what they refer to is not looked up one by one.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for start in range(first, last, _BATCH):
            _copy(connection, invented.patterns(start, min(start + _BATCH, last)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE patterns, pattern_names, pattern_keys"))


def _copy(connection: Connection, invented_ones: Iterator[Pattern]) -> None:
    """Append patterns; their ids follow the catalogue's."""
    rows: list[Values] = []
    names: list[Values] = []
    keys: list[Values] = []
    for pattern in invented_ones:
        identity = _FIRST_ID + pattern.seq
        document = wire.encode(pattern).decode()
        languages = "{" + ",".join(pattern.languages) + "}"
        said = (pattern.type.value, pattern.slug, pattern.name, pattern.state.value, str(pattern.confidence))
        # No words: the index of searches is not looked at, and takes longer to fill than all else.
        rows.append((identity, *said, pattern.category, languages, 1, pattern.seq, "learn", document, "", "now"))
        named = {
            normalise(name): rank for rank, name in ((2, pattern.aliases[0]), (1, pattern.name), (0, pattern.slug))
        }
        names += [(pattern.type.value, name, identity, rank) for name, rank in named.items()]
        keys += [(key, "true", identity) for key in (*keys_of(pattern), slug_key(pattern.slug))]
    copy(connection, "patterns", _COLUMNS, rows)
    copy(connection, "pattern_names", "type, key, pattern_id, rank", names)
    copy(connection, "pattern_keys", "key, learned, pattern_id", keys)


if __name__ == "__main__":
    raise SystemExit(main())
