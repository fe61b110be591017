"""An hourly run of mining over a million observations, ten thousand of them new: `python -m bench.mining_scale`.

Makes observations and verdicts from a hidden model, indexes them, adds the news, and measures one run in a process of
its own: seconds and peak memory. A second run must change nothing.
"""

import argparse
import datetime
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

import migrations
from centralcloud_patterns.keying import indicator_id
from centralcloud_patterns.mining.seen import Seen
from centralcloud_patterns.pattern import Indicator, IndicatorKind
from models.copying import copy
from services import catalogue, observing
from services.mining import running
from services.mining.rules import Rules
from services.mining.running import Means
from stack.servers import EmbeddedServers
from workers.database import build_engine

SECONDS_BAR = 60
MEGABYTES_BAR = 1024
PATTERNS, PACKAGES, FACTS, INSTANCES, GROUPS = 300, 2_000, 1_000, 50, 60
_BATCH = 20_000
_ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Build, measure, print; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench.mining_scale", description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--news", type=int, default=10_000)
    parser.add_argument(
        "--run", metavar="URL", help="one run on this database, told as JSON (used by the bench itself)"
    )
    chosen = parser.parse_args()
    if chosen.run:
        return _run(chosen.run)
    with EmbeddedServers(only=("postgres",)) as servers:
        migrations.upgrade(servers.database_url)
        engine = create_engine(servers.database_url)
        _load_patterns(engine)
        began = time.perf_counter()
        _observe(engine, 0, chosen.observations - chosen.news)
        print(
            f"{chosen.observations - chosen.news:,} observations made in {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        _tell("first run, everything new", _measured(servers.database_url))
        _observe(engine, chosen.observations - chosen.news, chosen.observations)
        hourly = _measured(servers.database_url)
        _tell(f"hourly run, {chosen.news:,} of {chosen.observations:,} new", hourly)
        again = _measured(servers.database_url)
        _tell("the same again", again)
        engine.dispose()
    kept = hourly["seconds"] <= SECONDS_BAR and hourly["megabytes"] <= MEGABYTES_BAR and again["changed"] == 0
    print(f"bars {SECONDS_BAR} s, {MEGABYTES_BAR} MB, a second run changes nothing: {'kept' if kept else 'missed'}")
    return int(not kept)


def _run(url: str) -> int:
    engine = build_engine(url, "consolidate")
    began = time.perf_counter()
    ran = running.run(Means(engine, lambda: datetime.datetime.now(datetime.UTC), Rules()))
    seconds = time.perf_counter() - began
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT job, seconds, looked_at, changed FROM runs ORDER BY id DESC LIMIT 7")
        ).all()
    jobs = {row.job: [round(row.seconds, 1), row.looked_at, row.changed] for row in reversed(rows)}
    used = resource.getrusage(resource.RUSAGE_SELF)
    megabytes, cpu = used.ru_maxrss // 1024, round(used.ru_utime + used.ru_stime, 1)
    changed = sum(changed for _seconds, _looked_at, changed in jobs.values())
    told = {
        "seconds": round(seconds, 1),
        "cpu": cpu,
        "megabytes": megabytes,
        "changed": changed,
        "failed": ran.failed,
        "jobs": jobs,
    }
    sys.stdout.write(json.dumps(told))
    return 0


def _measured(url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.mining_scale", "--run", url]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=1_800, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if measured["failed"]:
        raise RuntimeError(f"jobs failed: {measured['failed']}\n{done.stdout}\n{done.stderr}")
    return measured


def _tell(what: str, measured: dict[str, Any]) -> None:
    print(f"{what}: {measured['seconds']} s ({measured['cpu']} s of its own CPU), {measured['megabytes']} MB")
    for job, (seconds, looked_at, changed) in measured["jobs"].items():
        print(f"    {job:<12}{seconds:>7} s  looked at {looked_at:>9,}  changed {changed:>9,}", flush=True)


def _load_patterns(engine: Engine) -> None:
    lines = [
        f"- {{slug: p{n:03}, type: framework, name: P{n:03}, indicators: [{{dependency: 'npm:p{n:03}'}},"
        f" {{file: p{n:03}.config.js}}]}}\n"
        for n in range(PATTERNS)
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        (Path(folder) / "bench.yaml").write_text("".join(lines))
        catalogue.load(engine, Path(folder))


def _observe(engine: Engine, first: int, last: int) -> None:
    """Write observations, their news, and a verdict for each, as recording does, only more at a time."""
    with engine.connect() as connection:
        ids = {row.slug: row.id for row in connection.execute(text("SELECT slug, id FROM patterns"))}
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(weeks=30)
    for start in range(first, last, _BATCH):
        rows = [_codebase(number, at) for number in range(start, min(start + _BATCH, last))]
        with engine.begin() as connection:
            columns = "codebase_id, instance_id, pattern_set, content, items, observed_at"
            copy(connection, "observations", columns, [row for row, _slug, _verdict in rows])
            copy(connection, "observation_news", "codebase_id", [(row[0],) for row, _slug, _verdict in rows])
            said = [(ids[slug], row[1], row[0], int(verdict), int(not verdict)) for row, slug, verdict in rows]
            copy(connection, "pattern_support", "pattern_id, instance_id, codebase_id, confirmed, rejected", said)


def _codebase(number: int, at: datetime.datetime) -> tuple[tuple[str, ...], str, bool]:
    """Return one observation, and what its instance says of one of its patterns."""
    chance = random.Random(number)
    group = chance.randrange(GROUPS)
    # Five patterns of a group that are used together, and some of whatever is popular.
    patterns = {f"p{group * 5 + n:03}" for n in range(5) if chance.random() < 0.8}
    patterns |= {f"p{int(PATTERNS * chance.random() ** 3):03}" for _ in range(7)}
    items = [f"pattern:framework/{slug}" for slug in patterns]
    items += [f"fired:framework/{slug}#{indicator}" for slug in patterns for indicator in _fired(slug, chance)]
    items += [f"unknown:pkg:npm/u{int(PACKAGES * chance.random() ** 2)}" for _ in range(4)]
    items += [f"fact:file:f{int(FACTS * chance.random() ** 2)}" for _ in range(5)] + [f"fact:file:g{group}"]
    seen = Seen(tuple(sorted(set(items))), tuple(sorted(f"pattern:framework/{slug}" for slug in patterns)))
    kept = observing.observation(f"codebase-{number}", f"instance-{number % INSTANCES}", seen)
    listed = "{" + ",".join(f'"{it}"' for it in kept.items) + "}"
    row = (kept.codebase_id, kept.instance_id, kept.pattern_set, kept.content, listed)
    week = at + datetime.timedelta(weeks=number * 30 / 1_000_000)
    return (*row, week.isoformat()), min(patterns), chance.random() < 0.9


_IDS: dict[str, tuple[str, str]] = {}


def _fired(slug: str, chance: random.Random) -> Iterator[str]:
    if slug not in _IDS:
        dependency = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem="npm", name=slug)
        file = Indicator(kind=IndicatorKind.FILE, glob=f"{slug}.config.js")
        _IDS[slug] = (indicator_id(dependency), indicator_id(file))
    yield _IDS[slug][0]
    if chance.random() < 0.5:
        yield _IDS[slug][1]


if __name__ == "__main__":
    raise SystemExit(main())
