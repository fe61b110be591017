"""The catalogue we ship: it parses, it is clean, and each pattern is recognised from its own strongest indicator."""

from functools import cache
from pathlib import Path

import pytest

from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.catalogue_lint import lint
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import keys_of
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Pattern, PatternType
from packages.patterns.tests.smallest_evidence import smallest

FILES = sorted((Path(__file__).parents[3] / "catalogue").glob("*.yaml"))
RECOGNISED = {PatternType.FRAMEWORK, PatternType.TECHNOLOGY}


@cache
def catalogue() -> tuple[Pattern, ...]:
    return tuple(pattern for file in FILES for pattern in parse(file.read_text("utf-8"), file.name))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_parses(file: Path) -> None:
    assert parse(file.read_text("utf-8"), file.name)


def test_it_is_clean() -> None:
    assert lint(catalogue()) == []


def test_it_knows_enough() -> None:
    assert sum(pattern.type in RECOGNISED for pattern in catalogue()) >= 150


def test_every_pattern_is_recognised_from_its_strongest_indicator() -> None:
    missed, looked_at = [], 0
    for pattern in catalogue():
        usable = [(indicator, evidence) for indicator in pattern.indicators if (evidence := smallest(indicator))]
        strong = [item for item in usable if item[0].weight >= 0.5 and item[0].polarity == "for"]
        if pattern.type not in RECOGNISED or not strong:
            continue
        looked_at += 1
        indicator, evidence = max(strong, key=lambda item: item[0].weight)
        facts = extract(evidence)
        if facts.keys.isdisjoint(keys_of(pattern)):
            missed.append(f"{pattern.slug}: no key in common for {indicator}")
        elif pattern.slug not in {hit.slug for hit in match(facts, [pattern]).matches}:
            missed.append(f"{pattern.slug}: {indicator} does not fire on {evidence.files}")
    assert missed == []
    assert looked_at >= 0.9 * sum(pattern.type in RECOGNISED for pattern in catalogue())
