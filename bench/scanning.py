"""Show what a scan takes, side by side with a peer: `python -m bench.scanning [--repository DIR] [--rounds N]`.

Small trees are read from disk, by a warm process and by the command; a large repository by the command, which asks a
centre. The peer does the same in a process of its own, and as a command. Without `--repository` one of more than 50,000
files is fetched by pip: the source distribution of Home Assistant.
"""

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench import peer, trees
from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import Index
from centralcloud_patterns.matching import match
from stack.system import Options, System

SMALL_BAR = 0.001
LARGE_BAR = 2.0
LARGE_FILES = 10_000
_PACKAGE = "homeassistant"
#: Of the small trees, every so many is scanned by the command.
_EVERY = 6


class Small(NamedTuple):
    """Seconds for one small tree: the engine alone, reading and the engine, the peer where it is there."""

    engine: float
    whole: float
    peer: float | None


class Scan(NamedTuple):
    """Seconds of one scan by the command: from start to end, the collector's and the centre's share, the peer's."""

    whole: float
    collecting: float
    answering: float
    peer: float | None


def main() -> int:
    """Measure, print; returns 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench.scanning", description=__doc__)
    parser.add_argument("--repository", type=Path, help="a directory of at least 10,000 files")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        beside = _peer_in(folder / "peer", console)
        repository = chosen.repository or _fetched(folder)
        files = sum(len(names) for _, _, names in os.walk(repository))
        if files < LARGE_FILES:
            raise SystemExit(f"{repository} has {files:,} files; at least {LARGE_FILES:,} are wanted")
        places = _written(folder / "small")
        small = _looked_at(places, beside, chosen.rounds)
        with System(Options(state=folder / "state")) as system:
            ask = [_scans(place, system.addresses.nats_url, beside, 2) for place in places[::_EVERY]]
            large = _scans(repository, system.addresses.nats_url, beside, chosen.rounds)
    table = Table("what", "median", "p90", "the peer ÷ ours", "bar")
    kept = [*_tell_small(table, small), *_tell_commands(table, [one for scans in ask for one in scans])]
    kept += _tell_large(table, large, files)
    console.print(table)
    return 0 if all(kept) else 1


def _peer_in(folder: Path, console: Console) -> Path | None:
    folder.mkdir()
    try:
        peer.install(folder)
    except peer.Missing as why:
        console.print(f"{peer.PACKAGE} is not measured: {why}")
        return None
    return folder


def _fetched(folder: Path) -> Path:
    """Fetch a real repository by the name of its package."""
    print(f"fetching the source of {_PACKAGE} by pip…", flush=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    command += ["--ignore-requires-python", "--dest", str(folder), _PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode or not archives:
        raise SystemExit(f"{_PACKAGE} cannot be fetched; give a --repository. {done.stderr.strip()[-300:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder / "repository", filter="data")
    return folder / "repository"


def _written(folder: Path) -> list[Path]:
    """Write the small trees to disk, and return where."""
    places = []
    for number, files in enumerate(trees.small().values()):
        places.append(folder / str(number))
        trees.write(files, places[-1])
    return places


def _looked_at(places: list[Path], beside: Path | None, rounds: int) -> list[list[Small]]:
    """Return rounds over all small trees, each tool in one process."""
    catalogue = sorted((trees.HERE / "catalogue").glob("*.yaml"))
    index = Index(pattern for file in catalogue for pattern in parse(file.read_text("utf-8"), file.stem))
    # As workers do once all is loaded: what never goes away is not looked through again and again.
    gc.freeze()
    with _perhaps(beside) as other:
        taken = [[_look(place, index, other) for place in places] for _ in range(rounds + 2)]
    # Two rounds to get warm, both.
    return taken[2:]


def _look(place: Path, index: Index, other: peer.Peer | None) -> Small:
    began = time.perf_counter()
    evidence: Evidence = trees.collected(place)
    collected = time.perf_counter()
    facts = extract(evidence)
    match(facts, index.candidates(facts.keys))
    done = time.perf_counter()
    return Small(done - collected, done - began, other.look_at(place) if other else None)


@contextmanager
def _perhaps(folder: Path | None) -> Iterator[peer.Peer | None]:
    if folder is None:
        yield None
    else:
        with peer.Peer.running(folder) as running:
            yield running


def _scans(place: Path, nats_url: str, beside: Path | None, rounds: int) -> list[Scan]:
    """Return scans of a directory by the command, the peer's command after each."""
    taken = []
    for _ in range(rounds + 1):
        whole, said = _scan(place, nats_url)
        shares = said["scan"]
        other = peer.once(beside, place) if beside else None
        taken.append(Scan(whole, shares["collecting_ms"] / 1000, shares["answering_ms"] / 1000, other))
    # Once for what only the first one costs.
    return taken[1:]


def _scan(repository: Path, nats_url: str) -> tuple[float, Any]:
    command = [str(Path(sys.executable).with_name("centralcloud")), "scan", str(repository), "--nats-url", nats_url]
    began = time.perf_counter()
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    return time.perf_counter() - began, json.loads(done.stdout)


def _tell_small(table: Table, taken: list[list[Small]]) -> list[bool]:
    """Add the lines of the small trees; return which bars were kept."""
    # Of each tree the median over rounds, of these the median: no single tree and no single moment decides.
    by_tree = list(zip(*taken, strict=True))
    engine = [statistics.median(one.engine for one in rounds) for rounds in by_tree]
    whole = [statistics.median(one.whole for one in rounds) for rounds in by_tree]
    kept = statistics.median(engine) <= SMALL_BAR
    told = _verdict(f"≤ {SMALL_BAR * 1000:g} ms", kept=kept)
    table.add_row("a small tree, in the engine", *_times(engine), "", told)
    ratio = _ratio([(one.peer, one.whole) for rounds in by_tree for one in rounds])
    table.add_row("the same with reading it, in a warm process", *_times(whole), _shown(ratio), "")
    return [kept]


def _tell_commands(table: Table, taken: list[Scan]) -> list[bool]:
    ratio = _ratio([(one.peer, one.whole) for one in taken])
    faster = ratio is None or ratio > 1
    told = _verdict("the peer is slower", kept=faster)
    table.add_row("the same, whole command", *_times([one.whole for one in taken]), _shown(ratio), told)
    return [faster]


def _tell_large(table: Table, taken: list[Scan], files: int) -> list[bool]:
    whole = [one.whole for one in taken]
    kept = statistics.median(whole) <= LARGE_BAR
    told = _verdict(f"≤ {LARGE_BAR:g} s", kept=kept)
    table.add_row(f"{files:,} files, whole command", *_times(whole), "", told)
    table.add_row("  of which collecting", *_times([one.collecting for one in taken]), "", "")
    table.add_row("  of which the centre's answer", *_times([one.answering for one in taken]), "", "")
    ratio = _ratio([(one.peer, one.whole) for one in taken])
    if ratio is None:
        return [kept]
    told = _verdict("the peer is slower", kept=ratio > 1)
    table.add_row("the peer", *_times([one.peer for one in taken if one.peer is not None]), _shown(ratio), told)
    return [kept, ratio > 1]


def _times(seconds: list[float]) -> tuple[str, str]:
    """Return median and 90th percentile."""
    ordered = sorted(seconds)
    median, high = statistics.median(ordered), ordered[int(len(ordered) * 0.9)]
    return f"{median * 1000:,.2f} ms", f"{high * 1000:,.2f} ms"


def _verdict(bar: str, *, kept: bool) -> str:
    return f"{bar}: {'kept' if kept else 'missed'}"


def _ratio(pairs: list[tuple[float | None, float]]) -> float | None:
    ratios = [its / ours for its, ours in pairs if its is not None]
    return statistics.median(ratios) if ratios else None


def _shown(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
