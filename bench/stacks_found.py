"""Run discovery over trees as if each were a codebase, and tell what it found as Markdown.

`python -m bench.stacks_found FILE …`: JSON Lines (maybe gzipped) or JSON files that hold `files`: path → text or null.
"""

import argparse
import datetime
import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, text

import migrations
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.mining.seen import Kind
from centralcloud_patterns.mining.stacks import Stack, StackRules
from services import catalogue, detection
from services.known_patterns import KnownPatterns
from services.mining import running, stacks
from services.mining.index import Index
from services.mining.rules import Rules
from services.mining.running import Means
from services.observing import Sighting
from stack.servers import EmbeddedServers

#: All trees come from one place, so one instance must be enough here.
_RULES: Final = Rules(instances=1, stacks=StackRules(codebases=4, share=0.0, lift=2.0))
_TOLD: Final = 40
_ROOT: Final = Path(__file__).resolve().parent.parent


def main() -> int:
    """Detect, mine, and print the stacks and unknown packages."""
    parser = argparse.ArgumentParser(prog="bench.stacks_found", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    chosen = parser.parse_args()
    with EmbeddedServers(only=("postgres",)) as servers:
        migrations.upgrade(servers.database_url)
        engine = create_engine(servers.database_url)
        catalogue.load(engine, _ROOT / "catalogue")
        _observe(engine, _trees(chosen.files))
        running.run(Means(engine, _now, _RULES))
        with engine.connect() as connection:
            print("\n".join(_told(connection)))
        engine.dispose()
    return 0


def _trees(files: Iterable[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in files:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.splitlines() if ".jsonl" in path.suffixes else [data]
        for number, line in enumerate(lines):
            tree = json.loads(line)
            yield f"{path.stem}-{tree.get('case', number)}", tree["files"]


def _observe(engine: Engine, trees: Iterable[tuple[str, dict[str, Any]]]) -> None:
    known = KnownPatterns()
    for name, files in trees:
        seen = Sighting("bench")
        evidence = Evidence(files=files, codebase_id=name)
        detection.detect(engine, known, evidence, type_=None, observe=seen.take)
        seen.record(engine, _now())


def _told(connection: Connection) -> Iterator[str]:
    index = Index.of(connection)
    found = stacks.shown(connection, index, _RULES)
    yield f"{index.total} codebases; {len(found)} stacks of at least {_RULES.stacks.codebases} of them.\n"
    yield "| stack | codebases | support | lift |\n|---|---|---|---|"
    yield from (_line(stack, name) for stack, name in found[:_TOLD])
    yield "\n| unknown package | codebases | comes with |\n|---|---|---|"
    query = text("SELECT purl, codebases, beside FROM unknown_packages ORDER BY rank DESC, purl LIMIT 20")
    for purl, codebases, beside in connection.execute(query):
        near = ", ".join(f"{it['slug']} ({it['share']:.0%}, {it['lift']:g}×)" for it in beside[:3])
        yield f"| `{purl}` | {codebases} | {near} |"
    yield f"\n{len(index.sets(Kind.PATTERN))} patterns were seen."


def _line(stack: Stack, name: str) -> str:
    return f"| {name} | {stack.codebases} | {stack.support:.1%} | {stack.lift:.1f} |"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


if __name__ == "__main__":
    sys.exit(main())
