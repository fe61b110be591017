"""Calibrate confidence on labelled trees: `python -m bench.calibration take|unjudged|observe|fit|measure|plot`.

`take DIRECTORY NAME SOURCE` stores a tree to label; `unjudged` names what has no label yet; `observe` writes down what
speaks for each judged pair; `fit` prints the numbers for matching/calibration.py; `measure` and `plot` are about the
half that was not fitted.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import asdict

from bench.calibration import diagram, fitting, measuring, pairs, trees
from centralcloud_patterns.matching.calibration import FITTED, UNCALIBRATED, Calibration

DIAGRAM = Path(__file__).parents[2] / "docs" / "reliability.svg"


def main() -> int:
    """Do what is asked; `fit` returns 1 when the numbers in the core are not the fitted ones."""
    parser = argparse.ArgumentParser(prog="calibration", description=__doc__)
    orders = parser.add_subparsers(required=True)
    for order in (unjudged, observe, fit, measure, plot):
        orders.add_parser(order.__name__, help=order.__doc__).set_defaults(do=order)
    taking = orders.add_parser("take", help=take.__doc__)
    taking.add_argument("directory", type=Path)
    taking.add_argument("name")
    taking.add_argument("source", help="repository and version")
    taking.add_argument("--paths", type=int, default=trees.MAX_PATHS)
    taking.set_defaults(do=take)
    chosen = parser.parse_args()
    do: Callable[[argparse.Namespace], int] = chosen.do
    return do(chosen)


def take(chosen: argparse.Namespace) -> int:
    """Store a directory as a tree without labels."""
    tree = trees.take(chosen.directory, chosen.name, chosen.source, paths=chosen.paths)
    trees.save(tree)
    print(f"{tree.name}: {len(tree.files)} paths, {sum(text is not None for text in tree.files.values())} read")
    return 0


def unjudged(_chosen: argparse.Namespace) -> int:
    """Name the pairs for which something speaks and that nobody judged."""
    for answer in pairs.answered(trees.load(), pairs.catalogue()):
        if answer.true is None:
            found, reason = answer.match, answer.match.reasons[0]
            where = f"{reason.file}:{reason.line}" if reason.line else reason.file
            print(f"{answer.tree}: {found.slug} {found.confidence:.2f} {reason.kind} {where} {reason.detail}")
    return 0


def observe(_chosen: argparse.Namespace) -> int:
    """Write down what speaks for each judged pair, as the catalogue is now."""
    found = pairs.observed(trees.load(), pairs.catalogue())
    pairs.save(found)
    print(f"{len(found)} pairs, {sum(not pair.true for pair in found)} of them negative")
    return 0


def fit(_chosen: argparse.Namespace) -> int:
    """Fit on the first half and print the numbers."""
    first, _ = fitting.halves(pairs.load())
    fitted = fitting.fit(_of(first))
    print("\n".join(f"{name}={value}" for name, value in asdict(fitted).items()))
    if fitted == FITTED:
        return 0
    print("matching/calibration.py has other numbers", file=sys.stderr)
    return 1


def measure(_chosen: argparse.Namespace) -> int:
    """Print the figures of the held-out half, of the halves swapped, and of what the engine answers today."""
    first, second = fitting.halves(pairs.load())
    swapped = fitting.fit(_of(second))
    _print("held out, weights alone", _of(second), UNCALIBRATED)
    _print("held out, calibrated", _of(second), FITTED)
    _print("swapped, weights alone", _of(first), UNCALIBRATED)
    _print("swapped, calibrated", _of(first), swapped)
    _row("answers of today, held out", measuring.measured(*_today(second)))
    return 0


def plot(_chosen: argparse.Namespace) -> int:
    """Draw the reliability diagram of the held-out half into docs/."""
    DIAGRAM.write_text(drawing(), "utf-8")
    print(DIAGRAM)
    return 0


def drawing() -> str:
    """Return the reliability diagram of the stored pairs."""
    _, second = fitting.halves(pairs.load())
    held = _of(second)
    truths = [pair.true for pair in held]
    before = measuring.bins_of_width(pairs.confidences(held, UNCALIBRATED), truths)
    after = measuring.bins_of_width(pairs.confidences(held, FITTED), truths)
    figures = (
        f"{len(second)} repositories, {len(held)} judged pairs",
        f"expected calibration error {measuring.error_of(before):.3f} → {measuring.error_of(after):.3f}",
    )
    return diagram.drawn(before, after, "Reliability on the half that was not fitted", figures)


def _of(names: frozenset[str]) -> list[pairs.Pair]:
    return [pair for pair in pairs.load() if pair.tree in names]


def _today(names: frozenset[str]) -> tuple[list[float], list[bool], list[str]]:
    held = [tree for tree in trees.load() if tree.name in names]
    judged = [
        (answer.match.confidence, answer.true, answer.tree)
        for answer in pairs.answered(held, pairs.catalogue())
        if answer.true is not None
    ]
    return [sure for sure, _, _ in judged], [true for _, true, _ in judged], [tree for _, _, tree in judged]


def _print(what: str, of: Sequence[pairs.Pair], calibration: Calibration) -> None:
    confidences = pairs.confidences(of, calibration)
    _row(what, measuring.measured(confidences, [pair.true for pair in of], [pair.tree for pair in of]))


def _row(what: str, quality: measuring.Quality) -> None:
    print(
        f"{what:28} pairs {quality.pairs} negative {quality.negative:.3f} ECE {quality.error:.4f}"
        f" [{quality.low:.3f}, {quality.high:.3f}] equal bins {quality.error_of_equal_bins:.4f}"
        f" Brier {quality.brier:.4f} log loss {quality.log_loss:.4f}"
    )


if __name__ == "__main__":
    sys.exit(main())
