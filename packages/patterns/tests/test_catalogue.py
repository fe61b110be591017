"""The catalogue we ship is clean, and each pattern is recognised from the smallest evidence, not its neighbour's."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.catalogue_lint import lint, related_slugs
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import MAX_SHARING, Index, keys_of
from centralcloud_patterns.keyless import MARK
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType
from packages.patterns.tests.smallest_evidence import smallest

FILES = sorted((Path(__file__).parents[3] / "catalogue").glob("*.yaml"))
RECOGNISED = {PatternType.FRAMEWORK, PatternType.TECHNOLOGY}
KIND = IndicatorKind.DEPENDENCY
#: Ecosystems whose names have two parts.
WITH_NAMESPACE = {"composer", "terraform", "elm", "golang", "maven", "clojars", "githubactions", "swift"}


@cache
def catalogue() -> tuple[Pattern, ...]:
    return tuple(pattern for file in FILES for pattern in parse(file.read_text("utf-8"), file.name))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_parses(file: Path) -> None:
    assert parse(file.read_text("utf-8"), file.name)


def test_it_is_clean() -> None:
    assert lint(catalogue()) == []


def test_its_keys_are_no_crowd() -> None:
    sharing = Counter(key for pattern in catalogue() for key in keys_of(pattern) - {MARK})
    assert {key: count for key, count in sharing.items() if count > MAX_SHARING} == {}


def test_it_knows_enough() -> None:
    assert sum(pattern.type in RECOGNISED for pattern in catalogue()) >= 1_200


def usable(pattern: Pattern) -> list[tuple[Indicator, Evidence]]:
    """Return the indicators that should do alone, each with its smallest evidence."""
    strong = [one for one in pattern.indicators if one.weight >= 0.5 and one.polarity == "for"]
    return [(one, evidence) for one in strong if (evidence := smallest(one))]


def test_every_pattern_is_recognised_from_the_smallest_evidence_that_should_do() -> None:
    missed, looked_at = [], 0
    for pattern in catalogue():
        if pattern.type not in RECOGNISED:
            continue
        found = usable(pattern)
        looked_at += bool(found)
        for indicator, evidence in found:
            facts = extract(evidence)
            if not Index([pattern]).candidates(facts.keys):
                missed.append(f"{pattern.slug}: no key in common for {indicator}")
            # What it requires is not there, and may damp it.
            elif pattern.slug not in {hit.slug for hit in match(facts, [pattern], min_confidence=0.3).matches}:
                missed.append(f"{pattern.slug}: {indicator} does not fire on {evidence.files}")
    assert missed == []
    assert looked_at >= 0.9 * sum(pattern.type in RECOGNISED for pattern in catalogue())


def homes(pattern: Pattern) -> dict[str, Indicator]:
    """Return the first certain dependency of a pattern in each ecosystem."""
    found: dict[str, Indicator] = {}
    for one in pattern.indicators:
        certain = one.polarity == "for" and one.weight >= 0.9 and not (one.scope or one.version)
        if one.kind is KIND and one.name and certain:
            found.setdefault(one.ecosystem or "", one)
    return found


@cache
def index() -> Index:
    return Index(catalogue())


def leading(evidence: Evidence) -> set[str]:
    facts = extract(evidence)
    return {hit.slug for hit in match(facts, index().candidates(facts.keys)).matches if not hit.superseded_by}


@cache
def carrier(ecosystem: str) -> set[str]:
    """Return what a manifest of an ecosystem says by itself, whatever it names."""
    name = {"maven": "zz.nobody/nothing", "clojars": "zz.nobody/nothing"}.get(ecosystem, "zz-nobody/nothing")
    nobody = name if ecosystem in WITH_NAMESPACE else "zz-nothing-of-the-kind"
    evidence = smallest(Indicator(kind=KIND, ecosystem=ecosystem, name=nobody))
    assert evidence is not None
    return leading(evidence)


def test_no_pattern_leads_on_the_home_package_of_its_neighbour() -> None:
    related = related_slugs(catalogue())
    neighbours: dict[str, set[str]] = {}
    for pattern in catalogue():
        if pattern.type in RECOGNISED and pattern.category:
            neighbours.setdefault(pattern.category, set()).add(pattern.slug)
    wrong, looked_at = [], 0
    for pattern in catalogue():
        if pattern.type not in RECOGNISED:
            continue
        strangers = neighbours.get(pattern.category or "", set()) - related[pattern.slug]
        for ecosystem, home in homes(pattern).items():
            evidence = smallest(home)
            assert evidence is not None
            looked_at += 1
            if found := (leading(evidence) & strangers) - carrier(ecosystem):
                wrong.append(f"{ecosystem}:{home.name} is the home of {pattern.slug}, and gives {sorted(found)}")
    assert wrong == []
    assert looked_at > 2000
