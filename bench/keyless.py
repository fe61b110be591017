"""Show what patterns without a key cost: `python -m bench.keyless [--repository DIR] [--rounds N]`.

The same evidence is looked at beside the catalogue with up to 10,000 invented patterns that only an expression finds,
by the RE2 set and one by one; answers must be the same. `bench.scale` measures those that have keys.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench import trees
from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import Index
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType

SIZES = (0, 64, 1_000, 10_000)
#: With the set, a detection beside 1,000 of them costs so much of one beside none, and beside 10,000.
BARS = {1_000: 1.2, 10_000: 1.5}
#: One by one, more take minutes.
_MOST_ONE_BY_ONE = 1_000
_TO_BE_FOUND = 3
_FILLERS = ("beacon", "bridge", "canvas", "engine", "forge", "layer", "queue")


class Shown(NamedTuple):
    """What is looked at, by name."""

    name: str
    evidence: list[Evidence]


class Taken(NamedTuple):
    """Seconds of the processor for one detection, and what was found."""

    median: float
    found: int


def main() -> int:
    """Measure, print; returns 1 when a bar is missed or the ways disagree."""
    parser = argparse.ArgumentParser(prog="bench.keyless", description=__doc__)
    parser.add_argument("--repository", type=Path, help="a large directory to look at besides")
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    shown = [Shown("small trees", [Evidence(files=files) for files in trees.small().values()])]
    shown.append(Shown("this repository", [trees.collected(trees.HERE)]))
    if chosen.repository:
        shown.append(Shown(chosen.repository.name, [trees.collected(chosen.repository)]))
    table = Table("evidence", "without a key", "set made in", "by the set", "÷ none", "one by one", "found", "bar")
    kept = [_tell(table, one, chosen.rounds) for one in shown]
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    return 0 if all(kept) else 1


def _tell(table: Table, shown: Shown, rounds: int) -> bool:
    """Add a line for each size; return whether the bars were kept and the ways agree."""
    least, kept = 0.0, True
    for size in SIZES:
        invented = list(_keyless(size))
        index = Index([*_catalogue(), *invented])
        began = time.perf_counter()
        index.candidates(extract(shown.evidence[0]).keys)
        made = time.perf_counter() - began
        by_set = _measure(shown.evidence, rounds, index, [])
        least = least or by_set.median
        alone = None
        if 0 < size <= _MOST_ONE_BY_ONE:
            alone = _measure(shown.evidence, 1 if len(shown.evidence) == 1 else 3, Index(_catalogue()), invented)
        ratio, bar = by_set.median / least, BARS.get(size)
        held = (bar is None or ratio <= bar) and (alone is None or alone.found == by_set.found)
        kept &= held
        told = "" if bar is None else f"≤ {bar}: {'kept' if held else 'missed'}"
        shares = (f"{made * 1000:.0f} ms", f"{by_set.median * 1000:.2f} ms", f"{ratio:.2f}")
        one_by_one = f"{alone.median * 1000:,.2f} ms" if alone else ""
        table.add_row(shown.name, f"{size:,}", *shares, one_by_one, f"{by_set.found}", told)
    return kept


def _measure(shown: list[Evidence], rounds: int, index: Index, besides: list[Pattern]) -> Taken:
    """Return what a detection takes, whose candidates are the index's and, whatever they are, those besides."""
    found = sum(_matches(evidence, index, besides) for evidence in shown)
    times = [[_seconds(lambda: _matches(one, index, besides)) for one in shown] for _ in range(rounds)]  # noqa: B023  # called at once
    return Taken(statistics.median(statistics.median(one) for one in zip(*times, strict=True)), found)


def _matches(evidence: Evidence, index: Index, besides: list[Pattern]) -> int:
    facts = extract(evidence)
    return len(match(facts, [*index.candidates(facts.keys), *besides]).matches)


def _seconds(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def _catalogue() -> Iterator[Pattern]:
    for file in sorted((trees.HERE / "catalogue").glob("*.yaml")):
        yield from parse(file.read_text("utf-8"), file.stem)


def _keyless(count: int) -> Iterator[Pattern]:
    """Yield patterns that only an expression finds: on paths, texts and commands; the first three are to be found."""
    for number in range(count):
        word = f"{_FILLERS[number % len(_FILLERS)]}{number}"
        kind = IndicatorKind.CONTENT if number % 3 == 0 else IndicatorKind.FILE
        if number < _TO_BE_FOUND:
            indicator = Indicator(kind=IndicatorKind.FILE, regex=rf"\.(?:md|json|toml|z{word})$")
        elif kind is IndicatorKind.CONTENT:
            indicator = Indicator(kind=kind, glob="*.{yml,yaml,json,toml}", regex=rf"{word}[-_]?\d*(?:kit|app)?")
        elif number % 3 == 1:
            indicator = Indicator(kind=kind, glob=f"*{word}*")
        else:
            indicator = Indicator(kind=IndicatorKind.SCRIPT, regex=rf"{word}(?:-cli)?s?")
        slug = f"keyless-{number}"
        yield Pattern(type=PatternType.TECHNOLOGY, slug=slug, name=slug, indicators=(indicator,), confidence=0.6)


if __name__ == "__main__":
    raise SystemExit(main())
