"""Judged pairs: a tree and a pattern for which something speaks, with what spoke and whether it is true.

`observed` is what the fit learns from, kept in `observations.json` so that it does not move with the catalogue;
`answered` is what the engine says today, relations included.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.calibration.trees import Tree
from centralcloud_patterns import catalogue_format
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Match
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import Index
from centralcloud_patterns.matching import match
from centralcloud_patterns.matching.calibration import Calibration
from centralcloud_patterns.matching.checking import Heard, heard_by
from centralcloud_patterns.matching.compiling import compiled
from centralcloud_patterns.matching.confidence import Voice, combined
from centralcloud_patterns.pattern import Pattern

CATALOGUE: Final = Path(__file__).parents[2] / "catalogue"
OBSERVATIONS: Final = Path(__file__).parent / "observations.json"
_IMPLIED_BY: Final = "implied-by:"


class Place(msgspec.Struct, frozen=True, array_like=True):
    """What speaks for a pattern in one component, and the weights of what speaks against it."""

    voices: tuple[Voice, ...]
    against: tuple[float, ...] = ()


class Pair(msgspec.Struct, frozen=True, array_like=True):
    """A pattern in a tree: true or not, with its places; or implied by another pattern, so many steps away."""

    tree: str
    slug: str
    true: bool
    places: tuple[Place, ...] = ()
    implied_by: str = ""
    steps: int = 0


class Answer(msgspec.Struct, frozen=True):
    """The surest match of a pattern in a tree, and whether it is true; None where nobody judged it."""

    tree: str
    true: bool | None
    match: Match


def catalogue(folder: Path = CATALOGUE) -> list[Pattern]:
    """Return the patterns that ship."""
    files = sorted(folder.glob("*.yaml"))
    return [pattern for path in files for pattern in catalogue_format.parse(path.read_text("utf-8"), path.stem)]


def answered(trees: Iterable[Tree], patterns: Sequence[Pattern]) -> list[Answer]:
    """Return what the engine answers for each tree, however unsure: of each pattern its surest place."""
    index = Index(patterns)
    found: list[Answer] = []
    for tree in trees:
        facts = extract(Evidence(files=tree.files))
        best: dict[str, Match] = {}
        for hit in match(facts, index.candidates(facts.keys), min_confidence=0.0).matches:
            if hit.slug not in best or hit.confidence > best[hit.slug].confidence:
                best[hit.slug] = hit
        found += [Answer(tree.name, tree.truth(slug), hit) for slug, hit in sorted(best.items())]
    return found


def observed(trees: Iterable[Tree], patterns: Sequence[Pattern]) -> list[Pair]:
    """Return the judged pairs of the trees with everything that spoke for them."""
    index = Index(patterns)
    pairs: list[Pair] = []
    for tree in trees:
        facts = extract(Evidence(files=tree.files))
        candidates = index.candidates(facts.keys)
        heard = {pattern.slug: _places(pattern, facts) for pattern in candidates}
        own = {slug: places for slug, places in heard.items() if places}
        for slug, places in sorted(own.items()):
            if (true := tree.truth(slug)) is not None:
                pairs.append(Pair(tree.name, slug, true, places))
        pairs += _implied(tree, match(facts, candidates, min_confidence=0.0).matches, own.keys())
    return pairs


def _places(pattern: Pattern, facts: Facts) -> tuple[Place, ...]:
    places = {_place(heard) for heard in heard_by(compiled(pattern), facts)}
    return tuple(sorted(places, key=msgspec.json.encode))


def _place(heard: Heard) -> Place:
    voices = sorted(heard.voices, key=lambda voice: (-voice.weight, voice.kind, voice.among_tests))
    return Place(tuple(voices), tuple(sorted(heard.against)))


def _implied(tree: Tree, matches: Sequence[Match], own: Iterable[str]) -> list[Pair]:
    """Return the pairs that only an implication speaks for, with the pattern at its root."""
    spoken = set(own)
    reason = {hit.slug: hit.reasons[0].indicator for hit in matches if hit.slug not in spoken and hit.reasons}
    pairs = []
    for slug in sorted(reason):
        root, steps = slug, 0
        while root in reason and reason[root].startswith(_IMPLIED_BY) and steps < len(reason):
            root, steps = reason[root].removeprefix(_IMPLIED_BY), steps + 1
        if root in spoken and (true := tree.truth(slug)) is not None:
            pairs.append(Pair(tree.name, slug, true, (), root, steps))
    return pairs


def save(pairs: Sequence[Pair], path: Path = OBSERVATIONS) -> None:
    """Write the pairs, one a line."""
    lines = (msgspec.json.encode(pair).decode() for pair in pairs)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


def load(path: Path = OBSERVATIONS) -> list[Pair]:
    """Return the stored pairs."""
    return msgspec.json.decode(path.read_bytes(), type=list[Pair])


def confidences(pairs: Sequence[Pair], calibration: Calibration) -> list[float]:
    """Return each pair's confidence under a calibration, relations other than `implies` aside."""
    own = {(pair.tree, pair.slug): _surest(pair.places, calibration) for pair in pairs if pair.places}
    return [
        own[pair.tree, pair.slug]
        if pair.places
        else own.get((pair.tree, pair.implied_by), 0.0) * calibration.implication**pair.steps
        for pair in pairs
    ]


def _surest(places: Iterable[Place], calibration: Calibration) -> float:
    return max(combined(place.voices, place.against, calibration) for place in places)
